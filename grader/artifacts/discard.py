"""Removes a folder that untrusted code has filled, however deep and however locked it is."""

import contextlib
import itertools
import os
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path

_RWX = 0o700


def discard(folder: Path) -> None:
    """Remove a folder and everything in it, without recursion and without following links.

    Every folder found inside is first moved up to the top, so that neither the depth of the tree nor the length of its
    paths matters.

    Args:
        folder: what to remove; it may be missing, a link or a file.

    Raises:
        OSError: something could not be removed.
    """
    try:
        mode = folder.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISDIR(mode):
        folder.unlink()
        return
    folder.chmod(_RWX)
    top = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fresh = (f"{secrets.token_hex(8)}-{number}" for number in itertools.count())  # names that nothing in it has
        while folders := _empty(top, top, fresh):
            for name in folders:
                inner = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=top)
                try:
                    _empty(inner, top, fresh)
                finally:
                    os.close(inner)
                os.rmdir(name, dir_fd=top)
    finally:
        os.close(top)
    folder.rmdir()


def _empty(folder: int, top: int, fresh: Iterator[str]) -> list[str]:
    """Unlink the files of one folder and move its folders to the top; return the names of the folders there."""
    names: list[str] = []
    for name in os.listdir(folder):
        if not stat.S_ISDIR(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode):
            os.unlink(name, dir_fd=folder)
            continue
        with contextlib.suppress(OSError):  # without a mode of our own the next step says what is wrong
            os.chmod(name, _RWX, dir_fd=folder)
        moved = name
        if folder != top:
            moved = next(fresh)
            os.rename(name, moved, src_dir_fd=folder, dst_dir_fd=top)
        names.append(moved)
    return names
