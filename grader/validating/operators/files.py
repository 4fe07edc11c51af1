"""Operators on whole files: gone, cut off, exchanged."""

import shutil
from pathlib import Path

from grader.validating.operators.targets import OperatorError, target, targets


def delete(folder: Path, path: str) -> None:
    """Remove files or folders."""
    for found in targets(folder, path):
        if found.is_dir():
            shutil.rmtree(found)
        else:
            found.unlink()


def truncate(folder: Path, path: str, keep: float = 0.5) -> None:
    """Cut files off after a share of their bytes, as a full disk or an interrupted copy does."""
    for found in targets(folder, path):
        data = found.read_bytes()
        found.write_bytes(data[: int(len(data) * keep)])


def copy_file(folder: Path, source: str, path: str) -> None:
    """Put a copy of one artifact in the place of others, or at a new path."""
    data = target(folder, source).read_bytes()
    places = targets(folder, path) if any(folder.glob(path)) else [folder / path]
    for place in places:
        place.write_bytes(data)


def swap_files(folder: Path, first: str, second: str) -> None:
    """Exchange the contents of two files."""
    one, other = target(folder, first), target(folder, second)
    kept = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(kept)


def move(folder: Path, path: str, to: str) -> None:
    """Rename a file or a folder."""
    place = folder / to
    if place.exists():
        raise OperatorError(f"{to} is there already.")
    place.parent.mkdir(parents=True, exist_ok=True)
    target(folder, path).rename(place)


def write_text(folder: Path, path: str, text: str) -> None:
    """Write a text file, new or in the place of one."""
    place = folder / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text, "utf-8")


def line_endings(folder: Path, path: str) -> None:
    """Give text files the line endings of Windows: harmless."""
    for found in targets(folder, path):
        data = found.read_bytes().replace(b"\r\n", b"\n")
        found.write_bytes(data.replace(b"\n", b"\r\n"))
