"""Reads folders of students: plain ones, those of nbgrader, and clones of their repositories."""

import datetime as dt
import os
import re
import subprocess
import tempfile
import zoneinfo
from collections.abc import Iterator
from pathlib import Path

from grader.intake.handins.base import HandedIn, Who, modified, notebooks_below, relative

_LATER_COPY = re.compile(r"[ _-]?(?:\(\d+\)|copy\d*)$", re.IGNORECASE)
_HASH = re.compile(r"^[0-9a-f]{40}(?:[0-9a-f]{24})?$")
_SUBMITTED = ("submitted", "submissions", "collected", "handed-in")
_STAMP = "timestamp.txt"
_GIT_SECONDS = 20


def plain(folder: Path, slugs: tuple[str, ...], *, trust_times: bool) -> Iterator[HandedIn]:
    """Read a folder with one folder per student, or with files named after students.

    Args:
        folder: a folder above the students' folders; one called `submissions` in it counts as it.
        slugs: file names of the labs' notebooks, to find the student's part of a file name.
        trust_times: take a file's own time for the time when it was handed in.
    """
    root = inner_root(folder)
    for path in notebooks_below(root):
        parts = path.relative_to(root).parts
        key = parts[0] if len(parts) > 1 else _owner(path.stem, slugs)
        received = modified(path) if trust_times else None
        yield HandedIn(path, Who(key), relative(path, folder), "folder", received)


def nbgrader(folder: Path) -> Iterator[HandedIn]:
    """Read `<student>/<assignment>/<notebook>` with the time stamps that nbgrader writes."""
    root = inner_root(folder)
    for path in notebooks_below(root):
        parts = path.relative_to(root).parts
        if len(parts) > 2:
            received = _stamp(root / parts[0] / parts[1] / _STAMP)
            yield HandedIn(path, Who(parts[0]), relative(path, folder), "nbgrader", received)


def clones(folder: Path) -> Iterator[HandedIn]:
    """Read clones of students' repositories; the last commit says when."""
    for place in sorted(path for path in folder.iterdir() if (path / ".git").exists() and not path.is_symlink()):
        received = commit_time(place / ".git")
        for path in notebooks_below(place):
            who = Who(place.name, lms={"github": place.name})
            yield HandedIn(path, who, relative(path, folder), "git", received)


def inner_root(folder: Path) -> Path:
    """Return the folder above the students' folders."""
    for name in _SUBMITTED:
        if (folder / name).is_dir():
            return folder / name
    return folder


def is_nbgrader(folder: Path) -> bool:
    """Tell whether a folder holds a tree of nbgrader."""
    root = inner_root(folder)
    return any(True for _ in root.glob(f"*/*/{_STAMP}"))


def commit_time(git: Path) -> dt.datetime | None:
    """Return the time of the commit that a clone is at.

    The clone is a student's: its settings and hooks can name programs. So git never sees them: an empty repository of
    our own is pointed at the clone's objects.

    Args:
        git: the clone's `.git`.

    Returns:
        None when it cannot be told.
    """
    commit = _head(git)
    if commit is None or not (git / "objects").is_dir():
        return None
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "GIT_OBJECT_DIRECTORY": str(git / "objects"),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_ALLOW_PROTOCOL": "none",
        "GIT_NO_REPLACE_OBJECTS": "1",
    }
    with tempfile.TemporaryDirectory(prefix="grader-git-") as empty:
        try:
            subprocess.run(
                ["git", "init", "--quiet", "--bare", empty],
                check=True,
                timeout=_GIT_SECONDS,
                env={"PATH": environment["PATH"]},
            )
            argv = ["git", "--git-dir", empty, "cat-file", "commit", commit]
            done = subprocess.run(argv, env=environment, capture_output=True, timeout=_GIT_SECONDS, check=True)
        except (OSError, subprocess.SubprocessError):
            return None
    found = re.search(rb"^committer .* (\d{1,11}) [+-]\d{4}$", done.stdout, re.MULTILINE)
    return dt.datetime.fromtimestamp(int(found[1]), dt.UTC) if found else None


def _head(git: Path) -> str | None:
    text = _line(git / "HEAD")
    if text.startswith("ref: "):
        name = text.removeprefix("ref: ")
        if ".." in name or not name.startswith("refs/"):
            return None
        text = _line(git / name) or _packed(git / "packed-refs", name)
    return text if _HASH.match(text) else None


def _line(path: Path) -> str:
    try:
        return path.read_text("ascii")[:200].strip() if path.is_file() and not path.is_symlink() else ""
    except (OSError, UnicodeDecodeError):
        return ""


def _packed(path: Path, name: str) -> str:
    try:
        lines = path.read_text("utf-8", "replace").splitlines() if path.is_file() and not path.is_symlink() else []
    except OSError:
        return ""
    return next((line.split(" ")[0] for line in lines if line.endswith(f" {name}")), "")


def _owner(stem: str, slugs: tuple[str, ...]) -> str:
    """`ada_lab-2.5.4-lora` belongs to ada; a file that is called like the lab says nothing."""
    rest = _LATER_COPY.sub("", stem)
    for slug in slugs:
        rest = rest.replace(slug, "")
    return rest.strip(" _-.") or stem


def _stamp(path: Path) -> dt.datetime | None:
    """`2026-02-02 15:58:23.948203 America/Los_Angeles`, as nbgrader writes it, or ISO 8601."""
    text = _line(path)
    day, _, zone = text.rpartition(" ")
    try:
        if day and not zone[0].isdigit():
            return dt.datetime.fromisoformat(day).replace(tzinfo=zoneinfo.ZoneInfo(zone))
        found = dt.datetime.fromisoformat(text)
    except (ValueError, IndexError, zoneinfo.ZoneInfoNotFoundError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=dt.UTC)
