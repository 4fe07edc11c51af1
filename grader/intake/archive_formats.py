"""Lists the members of a zip or a tar, without ever reading much at once."""

import contextlib
import io
import os
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol, cast

from grader.errors import SubmissionFault, UsageFault

#: Whatever the standard library raises about an archive that somebody has bent.
BROKEN = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    struct.error,
    EOFError,
    ValueError,  # Unicode errors and negative sizes included
    NotImplementedError,
    RuntimeError,
    OverflowError,
    IndexError,
    OSError,
)
#: What may be read to find one member of a tar, whatever sizes its headers declare.
_HEADER_BYTES = 1024**2
#: What may be read to list a zip, for each member and besides.
_DIRECTORY_BYTES = 512
_DIRECTORY_BASE = 256 * 1024
_TAR_MAGIC = (257, b"ustar")
_PLAIN_TYPES = (tarfile.REGTYPE, tarfile.AREGTYPE)
_COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


@dataclass(frozen=True)
class Entry:
    """One member, as the archive describes it."""

    name: str
    folder: bool
    declared_bytes: int
    packed_bytes: int | None
    """Its size in the archive, where it was packed by itself."""
    reach: int
    """How far the archive has to be unpacked to pass it; 0 where members can be reached by themselves."""
    refusal: str | None
    """Why it cannot be taken, whatever its name."""
    open: Callable[[], AbstractContextManager[IO[bytes]]]


class Source(Protocol):
    """What a budget can be put on."""

    def read(self, size: int = -1, /) -> bytes: ...  # noqa: D102
    def seek(self, offset: int, whence: int = 0, /) -> int: ...  # noqa: D102
    def tell(self) -> int: ...  # noqa: D102


class Careful(io.RawIOBase):
    """A file with a budget of bytes: readers of archives believe the sizes of headers that they find in them."""

    def __init__(self, inner: Source, budget: int) -> None:
        """Wrap an open file.

        Args:
            inner: the file.
            budget: bytes that may be read before `grant` is called.
        """
        super().__init__()
        self._inner = inner
        self._budget: int | None = budget

    def grant(self, budget: int | None) -> None:
        """Set what may be read from now on; None for any number of pieces."""
        self._budget = budget

    def seekable(self) -> bool:
        """Return True."""
        return True

    def read(self, size: int = -1, /) -> bytes:
        """Read a piece; ValueError when it is not in the budget."""
        if self._budget is None:
            return self._inner.read(size)
        piece = self._inner.read(min(size, self._budget + 1) if size >= 0 else self._budget + 1)
        self._budget -= len(piece)
        if self._budget < 0:
            raise ValueError("an archive declares a header of this size")
        return piece

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """Move."""
        return self._inner.seek(offset, whence)

    def tell(self) -> int:
        """Return the position."""
        return self._inner.tell()


@contextlib.contextmanager
def open_archive(path: Path, name: str, most_bytes: int, most_members: int) -> Generator[tuple[Iterator[Entry], int]]:
    """Open an archive by what it holds, not by its name.

    Args:
        path: the file.
        name: its name, for messages.
        most_bytes: the size above which it is not opened.
        most_members: bounds the directory that is read into memory.

    Yields:
        Its members in order, which raise `BROKEN` when it is damaged, and its size.

    Raises:
        UsageFault: GR102, it cannot be read.
        SubmissionFault: GR310, it is not a plain file; GR323, it is not an archive; GR324, it is too large.
    """
    with _opened(path, name) as file:
        size = os.fstat(file.fileno()).st_size
        if size > most_bytes:
            raise SubmissionFault("GR324", f"{name} has {size:,} bytes; {most_bytes:,} are taken.")
        start = file.read(512)
        file.seek(0)
        entries = _entries(file, start, _DIRECTORY_BASE + most_members * _DIRECTORY_BYTES)
        if entries is None:
            raise SubmissionFault("GR323", f"{name} is not a zip or tar archive.")
        yield entries, size


@contextlib.contextmanager
def _opened(path: Path, name: str) -> Generator[IO[bytes]]:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as exc:
        if path.is_symlink():
            raise SubmissionFault("GR310", f"{name} is a link.") from exc
        raise UsageFault("GR102", f"{name} cannot be read: {exc.strerror}.") from exc
    with os.fdopen(descriptor, "rb") if stat.S_ISREG(os.fstat(descriptor).st_mode) else _closing(descriptor) as file:
        if file is None:
            raise SubmissionFault("GR310", f"{name} is not a plain file.")
        yield file


@contextlib.contextmanager
def _closing(descriptor: int) -> Generator[None]:
    try:
        yield None
    finally:
        os.close(descriptor)


def _entries(file: IO[bytes], start: bytes, directory_bytes: int) -> Iterator[Entry] | None:
    if start.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _zip_entries(Careful(file, directory_bytes))
    if start.startswith(b"\x1f\x8b"):
        import gzip

        return _tar_entries(gzip.GzipFile(fileobj=file, mode="rb"))
    if start.startswith(b"BZh"):
        import bz2

        return _tar_entries(bz2.BZ2File(file))
    offset, magic = _TAR_MAGIC
    return _tar_entries(file) if start[offset:].startswith(magic) else None


def _zip_entries(file: Careful) -> Iterator[Entry]:
    with zipfile.ZipFile(file) as archive:
        file.grant(None)
        for info in archive.infolist():
            yield Entry(
                # the library cuts a name at a zero byte
                name=info.orig_filename,
                folder=info.is_dir(),
                declared_bytes=info.file_size,
                packed_bytes=info.compress_size,
                reach=0,
                refusal=_zip_refusal(info),
                open=lambda info=info: archive.open(info),
            )


def _zip_refusal(info: zipfile.ZipInfo) -> str | None:
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "is a link or a device"
    if info.flag_bits & 0x1:
        return "is encrypted"
    if info.compress_type not in _COMPRESSIONS:
        return "is packed in a rare way; plain zip is read"
    return None


def _tar_entries(inner: Source) -> Iterator[Entry]:
    file = Careful(inner, _HEADER_BYTES)
    with tarfile.open(fileobj=file, mode="r:") as archive:
        while (member := archive.next()) is not None:
            if member.size < 0:
                raise tarfile.ReadError("a negative size")
            file.grant(None)
            yield Entry(
                name=member.name,
                folder=member.isdir(),
                declared_bytes=member.size,
                packed_bytes=None,
                reach=archive.offset,  # not its size, which a sparse file may choose
                refusal=_tar_refusal(member),
                open=lambda member=member: _tar_file(archive, member),
            )
            file.grant(_HEADER_BYTES)


def _tar_refusal(member: tarfile.TarInfo) -> str | None:
    if member.isdir():
        return None
    if member.type not in _PLAIN_TYPES:
        return "is a link or a device"
    return "is a sparse file" if member.issparse() else None


def _tar_file(archive: tarfile.TarFile, member: tarfile.TarInfo) -> IO[bytes]:
    # None is for links and folders only, which were refused
    return cast("IO[bytes]", archive.extractfile(member))
