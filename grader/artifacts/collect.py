"""Copies what a notebook left out of its folder: plain files with plain names, by handle, bounded in every way.

Nothing is followed and nothing is waited for: each name is opened relative to its folder's descriptor without following
links and without blocking, and looked at through the descriptor, so what was judged is what is copied.
"""

import contextlib
import hashlib
import os
import re
import stat
from collections.abc import Generator, Mapping
from pathlib import Path

from grader.artifacts.discard import discard
from grader.artifacts.manifest import make_manifest
from grader.errors import InternalFault
from grader.model.artifact import ArtifactFile, ArtifactManifest, Refusal
from grader.model.lab import Limits

_PLAIN_NAME = re.compile(r"[A-Za-z0-9._][A-Za-z0-9._ +=@,()\-]{0,127}")
#: Names that would steer Python or pytest if somebody ever ran either beside them.
_STEERING = frozenset({"conftest.py", "sitecustomize.py", "usercustomize.py", "pytest.ini", "tox.ini", "setup.cfg"})
_MOST_REFUSALS = 50
_PIECE_BYTES = 1 << 20
_OPEN = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_READ_ONLY = 0o444
_NOTHING: Mapping[str, Mapping[str, Path]] = {}


def collect(
    source: Path,
    destination: Path,
    limits: Limits,
    run_id: str,
    pushed: Mapping[str, Mapping[str, Path]] = _NOTHING,
) -> ArtifactManifest:
    """Copy the artifacts of a finished run.

    Every process of the run must have ended.

    Args:
        source: the notebook's `output_dir`; it may be missing, or anything at all.
        destination: the folder to fill; what it held before is removed.
        limits: how many files, bytes and levels are taken.
        run_id: the run.
        pushed: artifacts that come from the run's Hub: by folder, the file of the Hub's store behind each path. What
            the notebook wrote under the name of such a folder is refused.

    Returns:
        What was copied and what was refused. Write it with `write_manifest`.

    Raises:
        InternalFault: GR507, the copies could not be written.
    """
    try:
        discard(destination)
        destination.mkdir(parents=True)
    except OSError as exc:
        raise InternalFault("GR507", f"{destination} could not be made: {exc.strerror}.") from exc
    collection = _Collection(limits, frozenset(pushed))
    for folder_name, files in pushed.items():
        collection.take_pushed(files, destination / folder_name, folder_name)
    with _opened(source.parent, None) as parent:
        if isinstance(parent, str):
            collection.refuse(source.parent.name, "GR313", parent)
        elif parent is not None:
            with _opened(source.name, parent) as folder:
                collection.take_root(folder, source.name, destination)
    return make_manifest(run_id, collection.files, collection.refusals())


class _Collection:
    """What was taken so far."""

    def __init__(self, limits: Limits, kept_names: frozenset[str]) -> None:
        self._limits = limits
        self._kept_names = kept_names
        self._bytes_left = limits.artifact_bytes
        self._refused: list[Refusal] = []
        self._refused_more = 0
        self._full = False
        self.files: list[ArtifactFile] = []

    def refuse(self, path: str, code: str, reason: str) -> None:
        """Note what is not taken; the first 50 by name, the rest by number."""
        if len(self._refused) < _MOST_REFUSALS:
            self._refused.append(Refusal(_printable(path), code, reason))
        else:
            self._refused_more += 1

    def refusals(self) -> list[Refusal]:
        """Return what was not taken."""
        if not self._refused_more:
            return self._refused
        return [*self._refused, Refusal("...", "GR313", f"{self._refused_more} more were refused")]

    def take_root(self, folder: int | str | None, name: str, target: Path) -> None:
        """Take `output_dir` itself, if it is a folder; nothing when it was never made."""
        if isinstance(folder, int) and stat.S_ISDIR(os.fstat(folder).st_mode):
            self.take_folder(folder, target, "", 1)
        elif folder is not None:
            reason = folder if isinstance(folder, str) else "is a file"
            self.refuse(name, "GR313", f"{reason}, but `output_dir` must be a folder")

    def take_pushed(self, files: Mapping[str, Path], target: Path, name: str) -> None:
        """Take the files of a repository, out of the Hub's own store."""
        for inner, blob in sorted(files.items()):
            parts, path = inner.split("/"), f"{name}/{inner}"
            reason = "leads elsewhere" if ".." in parts else next(filter(None, map(_odd_name, parts)), None)
            if self._full:
                return
            if reason is not None:
                self.refuse(path, "GR313", reason)
            elif len(parts) >= self._limits.artifact_depth:
                self.refuse(path, "GR408", f"is more than {self._limits.artifact_depth} levels deep")
            else:
                with _our_disk(target):
                    (target / inner).parent.mkdir(parents=True, exist_ok=True)
                    descriptor = os.open(blob, _OPEN)
                try:
                    self._keep(descriptor, target / inner, path)
                finally:
                    os.close(descriptor)

    def take_folder(self, folder: int, target: Path, prefix: str, level: int) -> None:
        """Take one folder: files before folders, by name, so that a limit always cuts at the same, least place."""
        for name in sorted(os.listdir(folder), key=lambda name: (_is_folder(name, folder), name)):
            if self._full:
                return
            path = prefix + name
            reason = "is kept for what you push to the Hub" if path in self._kept_names else _odd_name(name)
            if reason is not None:
                self.refuse(path, "GR313", reason)
            elif level > self._limits.artifact_depth:
                self.refuse(path, "GR408", f"is more than {self._limits.artifact_depth} levels deep")
            else:
                self._take(folder, name, target / name, path, level)

    def _take(self, folder: int, name: str, target: Path, path: str, level: int) -> None:
        with _opened(name, folder) as descriptor:
            if not isinstance(descriptor, int):
                self.refuse(path, "GR313", descriptor or "went away")
            elif stat.S_ISDIR(os.fstat(descriptor).st_mode):
                with _our_disk(target):
                    target.mkdir()
                self.take_folder(descriptor, target, path + "/", level + 1)
            else:
                self._take_file(descriptor, target, path)

    def _take_file(self, descriptor: int, target: Path, path: str) -> None:
        if os.fstat(descriptor).st_nlink != 1:
            self.refuse(path, "GR313", "has a second name (a hard link)")
        else:
            self._keep(descriptor, target, path)

    def _keep(self, descriptor: int, target: Path, path: str) -> None:
        found = os.fstat(descriptor)
        limits = self._limits
        if len(self.files) >= limits.artifact_files:
            self._full = True
            self.refuse(path, "GR408", f"and everything after it: more than {limits.artifact_files} files")
        elif found.st_size > self._bytes_left:
            self.refuse(path, "GR408", f"would bring the artifacts above {limits.artifact_bytes:,} bytes")
        else:
            copied = _copy(descriptor, target, found.st_size)
            self.files.append(ArtifactFile(path, copied[0], copied[1]))
            self._bytes_left -= copied[0]


@contextlib.contextmanager
def _opened(name: str | Path, folder: int | None) -> Generator[int | str | None]:
    """Open a file or folder by name: a descriptor, or why it is refused, or None when it is not there."""
    try:
        mode = os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode
        if not stat.S_ISDIR(mode) and not stat.S_ISREG(mode):  # not even opened: opening a device can do things
            yield f"is {_kind(mode)}"
            return
        descriptor = os.open(name, _OPEN, dir_fd=folder)
    except FileNotFoundError:
        yield None
        return
    except OSError as exc:
        yield f"cannot be read: {exc.strerror}"
        return
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _is_folder(name: str, folder: int) -> bool:
    try:
        return stat.S_ISDIR(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode)
    except OSError:  # a folder may be listed whose files may not be looked at: each is refused when it is opened
        return False


def _copy(descriptor: int, target: Path, size: int) -> tuple[int, str]:
    """Copy at most `size` bytes; return how many there were, and their hash."""
    digest = hashlib.sha256()
    copied = 0
    with _our_disk(target):
        out = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, _READ_ONLY)
    with os.fdopen(out, "wb") as file:
        os.fchmod(out, _READ_ONLY)  # whatever the umask says
        while piece := os.read(descriptor, min(_PIECE_BYTES, size - copied)):
            digest.update(piece)
            copied += len(piece)
            with _our_disk(target):
                file.write(piece)
    return copied, digest.hexdigest()


@contextlib.contextmanager
def _our_disk(target: Path) -> Generator[None]:
    try:
        yield
    except OSError as exc:
        raise InternalFault("GR507", f"{target.name} could not be kept: {exc.strerror}.") from exc


def _odd_name(name: str) -> str | None:
    if not _PLAIN_NAME.fullmatch(name):
        return "has a name that is not plain (letters, digits and . _ - + = @ , ( ) only)"
    if name in _STEERING:
        return "has a name that steers Python or pytest"
    return None


def _kind(mode: int) -> str:
    kinds = {stat.S_IFLNK: "a link", stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket"}
    return kinds.get(stat.S_IFMT(mode), "a device")


def _printable(path: str) -> str:
    """The name without anything that a terminal or a page would obey, at most 200 characters."""
    text = path.encode("utf-8", "backslashreplace").decode()
    text = "".join(char if char.isprintable() else f"\\x{ord(char):02x}" for char in text)
    return text if len(text) <= 200 else text[:197] + "..."
