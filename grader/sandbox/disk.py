"""Counts what a run keeps on disk, in bounded time whatever it built there."""

import contextlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from grader.sandbox.limits import MOST_ENTRIES, MOST_LEVELS


@dataclass
class DiskUse:
    """What was found in some folders, as far as it was counted."""

    bytes: int = 0
    """Allocated, not apparent: holes in files are free."""
    entries: int = 0
    too_deep: bool = False


def disk_use(folders: Iterable[Path], ceiling: int) -> DiskUse:
    """Count what some folders hold.

    Args:
        folders: where to look; links are not followed.
        ceiling: stop counting above this many bytes.

    Returns:
        The sums, cut short once they exceed a bound.
    """
    use = DiskUse()
    for folder in folders:
        with contextlib.suppress(OSError):
            descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
            _count(descriptor, use, ceiling, MOST_LEVELS)
    return use


def _count(descriptor: int, use: DiskUse, ceiling: int, levels: int) -> None:
    """Add one folder; takes the descriptor over."""
    try:
        with os.scandir(descriptor) as entries:
            for entry in entries:
                use.entries += 1
                with contextlib.suppress(OSError):  # it went away while we looked
                    use.bytes += entry.stat(follow_symlinks=False).st_blocks * 512
                if use.bytes > ceiling or use.entries > MOST_ENTRIES or use.too_deep:
                    return
                if entry.is_dir(follow_symlinks=False):
                    _descend(descriptor, entry.name, use, ceiling, levels)
    finally:
        os.close(descriptor)


def _descend(parent: int, name: str, use: DiskUse, ceiling: int, levels: int) -> None:
    if levels == 0:
        use.too_deep = True
        return
    with contextlib.suppress(OSError):
        below = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=parent)
        _count(below, use, ceiling, levels - 1)
