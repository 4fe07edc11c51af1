"""What every kind of download is turned into."""

import datetime as dt
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

#: Folders that never hold what somebody means to hand in.
SKIPPED = frozenset({".ipynb_checkpoints", "__MACOSX", ".git", ".venv", "node_modules", "__pycache__"})
#: A download with more files than this is not a class.
MOST_FILES = 200_000


@dataclass(frozen=True)
class Who:
    """A student as a download names them."""

    key: str
    """What tells students of this download apart."""
    name: str = ""
    """As people write it."""
    email: str = ""
    """Address."""
    lms: dict[str, str] = field(default_factory=dict[str, str])
    """Ids by system: `canvas`, `moodle`, `login`, `github`."""


@dataclass(frozen=True)
class HandedIn:
    """One notebook of one student."""

    path: Path
    """Where it lies now."""
    who: Who
    """Whose it is."""
    shown: str
    """How a person finds it in the download."""
    source: str
    """Kind of the download."""
    received: dt.datetime | None = None
    """When it was handed in; None when the download does not say."""
    late_mark: bool = False
    """Whether the download calls it late."""


def notebooks_below(folder: Path) -> Iterator[Path]:
    """Return every notebook below a folder, sorted; links are not followed.

    Args:
        folder: where to look.
    """
    seen = 0
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in SKIPPED)
        for name in sorted(names):
            seen += 1
            if seen > MOST_FILES:
                return
            path = Path(place, name)
            if name.lower().endswith(".ipynb") and not name.startswith("._") and not path.is_symlink():
                yield path


def relative(path: Path, folder: Path) -> str:
    """Return a path as a person finds it in a download."""
    return path.relative_to(folder).as_posix()


def modified(path: Path) -> dt.datetime:
    """Return when a file was last written."""
    return dt.datetime.fromtimestamp(path.stat().st_mtime, dt.UTC)
