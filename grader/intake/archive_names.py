"""Says under which path a member of an archive may be written, if any."""

import re
from dataclasses import dataclass
from pathlib import Path

from grader.errors import SubmissionFault
from grader.intake.source import plain_name

_DRIVE = re.compile(r"[A-Za-z]:")
_MOST_PATH_BYTES = 1024
#: What file managers leave in archives without being asked.
_LITTER = frozenset({"__macosx", ".ds_store", "thumbs.db", "desktop.ini"})


@dataclass(frozen=True)
class Admitted:
    """Where a member may lie, or why it may not."""

    parts: tuple[str, ...]
    reason: str | None = None


class Names:
    """The paths that were given out for one archive, so that none is given twice."""

    def __init__(self, levels: int) -> None:
        """Start with none.

        Args:
            levels: folders that may lie below one another.
        """
        self._levels = levels
        self._files: set[tuple[str, ...]] = set()
        self._folders: set[tuple[str, ...]] = set()

    def admit(self, name: str) -> Admitted | None:
        """Judge the name of a member.

        Args:
            name: as it stands in the archive.

        Returns:
            Its parts or the reason against it; None for what file managers leave behind, and for the top folder.
        """
        # some programs on Windows write their own separator
        given = name.replace("\\", "/")
        if given.startswith("/") or _DRIVE.match(given):
            return Admitted((), "has an absolute name")
        parts = [part for part in given.rstrip("/").split("/") if part != "."]
        if not parts or parts == [""]:
            return None
        if ".." in parts:
            return Admitted((), "has a name that leads out of the archive")
        if "" in parts:
            return Admitted((), "has a name with an empty part")
        if any(part.casefold() in _LITTER for part in parts):
            return None
        return self._plain(parts)

    def _plain(self, parts: list[str]) -> Admitted:
        if len(parts) > self._levels:
            return Admitted((), f"lies more than {self._levels} folders deep")
        try:
            plain = tuple(plain_name(Path(part)) for part in parts)
        except SubmissionFault:
            return Admitted((), "has a name that cannot be kept")
        if len("/".join(plain).encode()) > _MOST_PATH_BYTES:
            return Admitted((), "has a name that is too long")
        return Admitted(plain)

    def add_folder(self, parts: tuple[str, ...]) -> None:
        """Note a folder, so that no file takes its name."""
        key = _key(parts)
        self._folders.update(key[:count] for count in range(1, len(key) + 1))

    def add_file(self, parts: tuple[str, ...]) -> str | None:
        """Give a path out.

        Args:
            parts: what `admit` returned.

        Returns:
            None, or why the path is not free.
        """
        key = _key(parts)
        if key in self._files or key in self._folders:
            return "has the name of another file"
        if any(key[:count] in self._files for count in range(1, len(key))):
            return "lies in a file"
        self.add_folder(parts[:-1])
        self._files.add(key)
        return None


def _key(parts: tuple[str, ...]) -> tuple[str, ...]:
    """Two names that some file system takes for one have one key."""
    return tuple(part.casefold() for part in parts)
