"""Unpacks a zip or a tar that somebody handed in: plain files with truthful names below one new folder, bounded in all.

What it never does: follow or make a link, write outside its folder, take over permissions or owners, trust a size that
an archive declares, or hold a member in memory.

What it refuses, member by member, so that one bad file does not sink a class: links, devices and sparse files;
absolute names, `..`, drive letters, control characters, names that are too long or lie too deep; a second member of the
same name (also where only upper case or Unicode form differs), a file in the place of a folder; encrypted members,
compressions other than stored and deflated; members above their size or ratio, and members whose checksum is wrong.
An archive within an archive is unpacked into a folder of its own name, as deep as `nesting` says, within limits of its
own; deeper ones and broken ones are refused.

What it refuses as a whole: files that are no zip or tar, damaged directories, more members than allowed, and bombs:
more bytes in all, or more bytes for each byte of the archive, than allowed, counted as they are unpacked.
"""

import contextlib
import os
import shutil
from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from grader.errors import GraderError, InternalFault, SubmissionFault
from grader.intake.archive_formats import BROKEN, Entry, open_archive
from grader.intake.archive_names import Names
from grader.intake.source import plain_name, printable
from grader.model.artifact import Refusal

_PIECE_BYTES = 1 << 16
_MOST_REFUSALS = 200
#: What an archive may unpack to whatever its size: short texts pack very well.
_FREE_BYTES = 16 * 1024**2
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_NESTED = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2")


@dataclass(frozen=True)
class ArchiveLimits:
    """How much one archive may hold."""

    archive_bytes: int = 4 * 1024**3
    """Size of the archive itself."""
    members: int = 20_000
    """Members, refused ones included."""
    total_bytes: int = 8 * 1024**3
    """Bytes of all files together, refused ones included."""
    member_bytes: int = 1024**3
    """Bytes of one file."""
    ratio: int = 200
    """Bytes for each byte of the archive, above the first 16 MiB."""
    levels: int = 12
    """Folders below one another."""
    nesting: int = 1
    """Archives within archives."""
    nested_members: int = 2_000
    """Members of an archive within an archive."""
    nested_bytes: int = 512 * 1024**2
    """Bytes of all files of an archive within an archive."""


@dataclass(frozen=True)
class Unpacked:
    """What came out of an archive."""

    files: tuple[str, ...]
    """Paths below the destination, sorted; an inner archive's files lie in a folder of its name."""
    refused: tuple[Refusal, ...]
    """What was not taken, by the name that it has in the archive; the first 200."""
    total_bytes: int
    """Bytes of the files that were taken."""


def is_archive(name: str) -> bool:
    """Tell by its name whether a file is meant to be an archive that `unpack` reads."""
    return name.lower().endswith(_NESTED)


def unpack(archive: Path, destination: Path, limits: ArchiveLimits | None = None) -> Unpacked:
    """Unpack an archive into a new folder.

    Args:
        archive: the file that was handed in.
        destination: the folder to make; it must not exist. It is gone again when the archive is refused as a whole.
        limits: how much is taken; the defaults fit a download of a large class.

    Returns:
        The files that were written (mode 0600), and what was refused.

    Raises:
        SubmissionFault: GR310, not a plain file; GR323, not an archive or a damaged one; GR324, it holds too much.
        InternalFault: GR507, the files could not be written.
    """
    try:
        destination.mkdir(parents=True)
    except OSError as exc:
        raise InternalFault("GR507", f"{destination} could not be made: {exc.strerror}.") from exc
    unpacking = _Unpacking(archive, plain_name(archive), destination, limits or ArchiveLimits())
    try:
        unpacking.unpack()
    except GraderError:
        shutil.rmtree(destination, ignore_errors=True)
        raise
    return unpacking.result()


class _Unpacking:
    """One archive on its way into one folder."""

    def __init__(self, archive: Path, name: str, destination: Path, limits: ArchiveLimits) -> None:
        self._archive = archive
        self._name = name
        self._destination = destination
        self._limits = limits
        self._names = Names(limits.levels)
        self._refused: list[Refusal] = []
        self._sizes: dict[str, int] = {}
        self._spent = 0
        self._members = 0
        self._most = 0

    def result(self) -> Unpacked:
        """Return what was taken and what was not."""
        return Unpacked(tuple(sorted(self._sizes)), tuple(self._refused), sum(self._sizes.values()))

    def unpack(self) -> None:
        """Take every member that may be taken."""
        limits = self._limits
        with open_archive(self._archive, self._name, limits.archive_bytes, limits.members) as (entries, size):
            self._most = min(limits.total_bytes, max(_FREE_BYTES, limits.ratio * size))
            for entry in self._bounded(entries):
                self._take(entry)

    def _bounded(self, entries: Iterator[Entry]) -> Iterator[Entry]:
        """Pass the members on, and turn whatever a damaged archive does into a refusal of it."""
        while True:
            try:
                entry = next(entries, None)
            except BROKEN as exc:
                raise _damaged(self._name) from exc
            if entry is None:
                return
            self._members += 1
            if self._members > self._limits.members:
                raise SubmissionFault("GR324", f"{self._name} holds more than {self._limits.members:,} files.")
            # what a packed tar passes over has to be unpacked as well
            self._check_total(entry.reach)
            yield entry

    def _take(self, entry: Entry) -> None:
        path = self._names.admit(entry.name)
        if path is None:
            return
        if path.reason is not None or entry.refusal is not None:
            self._refuse(entry.name, "GR313", path.reason or entry.refusal or "")
        elif entry.folder:
            self._names.add_folder(path.parts)
        elif entry.declared_bytes > self._limits.member_bytes:
            self._refuse(entry.name, "GR324", f"has more than {self._limits.member_bytes:,} bytes")
        elif entry.packed_bytes is not None and entry.declared_bytes > max(
            _FREE_BYTES, self._limits.ratio * entry.packed_bytes
        ):
            self._refuse(entry.name, "GR324", f"unpacks to more than {self._limits.ratio} times its size")
        else:
            reason = self._names.add_file(path.parts)
            if reason is not None:
                self._refuse(entry.name, "GR313", reason)
            else:
                self._write(entry, path.parts)

    def _write(self, entry: Entry, parts: tuple[str, ...]) -> None:
        target = self._destination.joinpath(*parts)
        with _our_disk():
            target.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(target, _CREATE, 0o600)
        written = 0
        reason = None
        with _our_disk(), os.fdopen(descriptor, "wb") as file:
            try:
                for piece in self._pieces(entry):
                    written += len(piece)
                    with _our_disk():
                        file.write(piece)
            except BROKEN:
                reason = ("GR323", "is damaged")
        if written > self._limits.member_bytes:
            reason = ("GR324", f"has more than {self._limits.member_bytes:,} bytes")
        if reason is None:
            self._keep(entry.name, "/".join(parts), target, written)
        else:
            target.unlink()
            self._refuse(entry.name, *reason)

    def _pieces(self, entry: Entry) -> Iterator[bytes]:
        """Pass on what is in a member, up to the first piece that is too much."""
        size = 0
        with entry.open() as source:
            while size <= self._limits.member_bytes and (piece := source.read(_PIECE_BYTES)):
                size += len(piece)
                self._spent += len(piece)
                self._check_total(self._spent)
                yield piece

    def _check_total(self, count: int) -> None:
        if count > self._most:
            raise SubmissionFault("GR324", f"{self._name} unpacks to more than {self._most:,} bytes.")

    def _keep(self, name: str, path: str, target: Path, size: int) -> None:
        if not is_archive(path):
            self._sizes[path] = size
            return
        if self._limits.nesting < 1:
            target.unlink()
            self._refuse(name, "GR313", "is an archive within too many archives")
            return
        self._unpack_inner(name, path, target)

    def _unpack_inner(self, name: str, path: str, target: Path) -> None:
        limits = self._limits
        inner = replace(
            limits,
            nesting=limits.nesting - 1,
            members=max(0, min(limits.nested_members, limits.members - self._members)),
            total_bytes=max(0, min(limits.nested_bytes, self._most - self._spent)),
            levels=max(0, limits.levels - path.count("/") - 1),
        )
        packed = target.with_name(f".{os.urandom(8).hex()}")
        unpacking = _Unpacking(packed, printable(target.name), target, inner)
        with _our_disk():
            target.rename(packed)
            target.mkdir()
        try:
            unpacking.unpack()
        except SubmissionFault as fault:
            shutil.rmtree(target)
            self._refuse(name, fault.code, fault.message)
        else:
            self._sizes |= {f"{path}/{file}": size for file, size in unpacking._sizes.items()}
            for refusal in unpacking._refused:
                self._refuse(f"{path}/{refusal.path}", refusal.code, refusal.reason)
        packed.unlink()
        self._members += unpacking._members
        self._spent += unpacking._spent

    def _refuse(self, name: str, code: str, reason: str) -> None:
        if len(self._refused) < _MOST_REFUSALS:
            self._refused.append(Refusal(printable(name, 200), code, reason))


def _damaged(name: str) -> SubmissionFault:
    return SubmissionFault("GR323", f"{name} is damaged and cannot be unpacked.")


@contextlib.contextmanager
def _our_disk() -> Generator[None]:
    try:
        yield
    except OSError as exc:
        raise InternalFault("GR507", f"An unpacked file could not be kept: {exc.strerror}.") from exc
