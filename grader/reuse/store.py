"""Keeps the files of finished work under their hashes, and says which work they belong to.

`objects/ab/abcd...` holds a file's bytes under their SHA-256, `<kind>/<key>.json` lists the files of one piece of work.
Both appear by rename, the list last, so a process that is killed leaves nothing half there. Nothing that is found is
believed before it was hashed: what is damaged is removed, and the work is done again. The oldest work goes first when
there is too much; a file that is still in use elsewhere is a link and stays there.
"""

import contextlib
import fcntl
import hashlib
import os
import shutil
import stat
import time
import uuid
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

#: Leftovers of processes that were killed, and files that no list names (yet), are removed after this time.
_GRACE_SECONDS = 3600.0
#: Looking for what is too much takes a walk over everything: at most this often.
_PRUNE_SECONDS = 300.0
_OBJECTS = "objects"


@dataclass(frozen=True)
class Entry:
    """One piece of finished work."""

    name: str
    """Name of the folder that it was done in."""
    files: dict[str, str]
    """SHA-256 by path in the folder."""
    size_bytes: int
    """Of all its files."""
    schema: str = "grader.reuse/1"
    """Name and version of this format."""


class Store:
    """Finished work in a folder that several processes may use at a time."""

    def __init__(self, folder: Path, limit_bytes: int, *, prune_seconds: float = _PRUNE_SECONDS) -> None:
        """Open a store; its folder is made when something is kept.

        Args:
            folder: where it lies.
            limit_bytes: the oldest work goes when there is more.
            prune_seconds: how often to look whether there is.
        """
        self._folder = folder
        self._limit = limit_bytes
        self._prune_seconds = prune_seconds

    def keep(self, kind: str, key: str, folder: Path, names: Iterable[str]) -> None:
        """Keep some files of a folder; a full or read-only disk costs time later, never the work.

        Args:
            kind: what the work is.
            key: what it depends on.
            folder: holds the files.
            names: their paths in the folder; what is no plain file is left out.
        """
        with contextlib.suppress(OSError):
            files, size = dict[str, str](), 0
            for name in names:
                path = folder / name
                if not stat.S_ISREG(path.lstat().st_mode):
                    continue
                files[name] = self._put(path)
                size += path.stat().st_size
            body = msgspec.json.encode(Entry(folder.name, files, size))
            self._write(self._entry(kind, key), hashlib.sha256(body).hexdigest().encode() + b"\n" + body)
            self._prune()

    def find(self, kind: str, key: str) -> Entry | None:
        """Return what is known under a key, and remember that it was asked for.

        Args:
            kind: what the work is.
            key: what it depends on.

        Returns:
            The list of its files; None when there is none or it is damaged, which is then removed.
        """
        path = self._entry(kind, key)
        try:
            digest, _, body = path.read_bytes().partition(b"\n")
            if hashlib.sha256(body).hexdigest().encode() != digest:
                raise ValueError(path)
            entry = msgspec.json.decode(body, type=Entry)
            os.utime(path)
        except FileNotFoundError:
            return None
        except (OSError, ValueError):  # msgspec's errors are ValueErrors
            self.forget(kind, key)
            return None
        return entry

    def forget(self, kind: str, key: str) -> None:
        """Remove what is known under a key."""
        with contextlib.suppress(OSError):
            self._entry(kind, key).unlink()

    def matches(self, entry: Entry, folder: Path, besides: Collection[str] = ()) -> bool:
        """Tell whether a folder still holds exactly these bytes under these names.

        Args:
            entry: from `find`.
            folder: the folder that the work was done in.
            besides: names that may have changed since.
        """
        return all(_hash(folder / name) == digest for name, digest in entry.files.items() if name not in besides)

    def restore(self, entry: Entry, folder: Path) -> bool:
        """Bring the files of an entry back.

        Args:
            entry: from `find`.
            folder: an existing folder; files of the same names are replaced one by one.

        Returns:
            False when a file is damaged or gone; the damaged one is removed, and what was brought back stays.
        """
        for name, digest in entry.files.items():
            source, target = self._object(digest), folder / name
            if _hash(source) != digest:
                source.unlink(missing_ok=True)
                return False
            target.parent.mkdir(parents=True, exist_ok=True)
            partial = target.with_name(f".{uuid.uuid4().hex}.partial")
            try:
                _link(source, partial)
                partial.replace(target)
            except OSError:
                partial.unlink(missing_ok=True)
                return False
        return True

    def _put(self, path: Path) -> str:
        digest = _hash(path)
        if digest is None:
            raise FileNotFoundError(path)
        target = self._object(digest)
        if not target.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            partial = target.with_name(f"{uuid.uuid4().hex}.partial")
            _link(path, partial)
            partial.replace(target)
        return digest

    def _write(self, path: Path, content: bytes) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f"{uuid.uuid4().hex}.partial")
        partial.write_bytes(content)
        partial.replace(path)

    def _entry(self, kind: str, key: str) -> Path:
        return self._folder / kind / f"{key}.json"

    def _object(self, digest: str) -> Path:
        return self._folder / _OBJECTS / digest[:2] / digest

    # --- what is too much -----------------------------------------------------------------------------------------

    def _prune(self) -> None:
        """Remove the oldest entries when there is too much, then files that no entry names."""
        lock = self._folder / "prune.lock"
        with lock.open("a") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:  # another process is at it
                return
            if time.time() - lock.stat().st_mtime < self._prune_seconds and lock.stat().st_size:
                return
            file.write(".")
            file.truncate(1)
            os.utime(lock)
            self._drop_oldest()
            self._drop_unnamed()

    def _drop_oldest(self) -> None:
        entries: list[tuple[float, str, str]] = []
        for path in self._folder.glob("*/*.json"):
            with contextlib.suppress(OSError):
                entries.append((path.stat().st_mtime, path.parent.name, path.stem))
        sizes = {path.name: path.stat().st_size for path in self._files()}
        held = 0
        seen = set[str]()
        for used, kind, key in sorted(entries, reverse=True):
            entry = self.find(kind, key)
            if entry is None:
                continue
            os.utime(self._entry(kind, key), (used, used))  # being counted is no use
            new = set(entry.files.values()) - seen
            held += sum(sizes.get(digest, 0) for digest in new)
            seen |= new
            if held > self._limit:
                self.forget(kind, key)

    def _drop_unnamed(self) -> None:
        named = set[str]()
        for path in self._folder.glob("*/*.json"):
            with contextlib.suppress(OSError, ValueError):
                named |= set(msgspec.json.decode(path.read_bytes().partition(b"\n")[2], type=Entry).files.values())
        old = time.time() - min(_GRACE_SECONDS, self._prune_seconds)
        for path in [*self._files(), *self._folder.glob("*/*.partial")]:
            with contextlib.suppress(OSError):
                # a link does not change when a file was written, but when its inode was touched
                if path.name not in named and path.stat().st_ctime <= old:
                    path.unlink()

    def _files(self) -> Iterator[Path]:
        for folder in self._folder.glob(f"{_OBJECTS}/*"):
            yield from folder.iterdir()


def _link(source: Path, target: Path) -> None:
    """Make another name for a file, or a copy where the file system cannot."""
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:
        shutil.copyfile(source, target)


def _hash(path: Path) -> str | None:
    """Return the hash of a plain file; None when it is none."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            return None
        return hashlib.file_digest(file, "sha256").hexdigest()
