"""Gathers the memory of a process in huge pages, so that a fork of it has few page tables to copy."""

import ctypes
from collections.abc import Iterator
from pathlib import Path

#: Of the kernel since 6.1; Python's mmap module does not know it yet.
_MADV_COLLAPSE = 25
_SIZE_FILE = Path("/sys/kernel/mm/transparent_hugepage/hpage_pmd_size")


def gather_pages() -> int:
    """Put what this process has written into huge pages, as far as the kernel can.

    A fork copies one entry for each of them instead of 512; a page that is written later is copied alone, as before.

    Returns:
        How many there are now; 0 where the kernel has none, or cannot be asked for them.
    """
    try:
        size = int(_SIZE_FILE.read_text("ascii"))
        maps = Path("/proc/self/maps").read_text("utf-8", "replace")
    except (OSError, ValueError):
        return 0
    madvise = ctypes.CDLL(None, use_errno=True).madvise
    madvise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    return sum(madvise(start, size, _MADV_COLLAPSE) == 0 for start in _places(maps, size))


def _places(maps: str, size: int) -> Iterator[int]:
    """Where a huge page fits into private memory that can be written and that no file backs."""
    for line in maps.splitlines():
        addresses, rights, _, _, inode, *name = line.split(maxsplit=5)
        if rights != "rw-p" or inode != "0" or name[:1] == ["[stack]"]:
            continue
        start, end = (int(address, 16) for address in addresses.split("-"))
        yield from range(-(-start // size) * size, end // size * size, size)
