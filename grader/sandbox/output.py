"""Keeps what contained code writes to stdout and stderr, up to a limit."""

import contextlib
import os
from pathlib import Path
from typing import BinaryIO

from grader.errors import InternalFault

_PIECE = 65536


class Output:
    """A pipe that is emptied into a file; never blocks, never grows beyond its limit."""

    def __init__(self, target: Path | None, limit: int) -> None:
        """Open the pipe and the file.

        Args:
            target: the file; None throws the output away.
            limit: bytes to keep.

        Raises:
            InternalFault: GR507, the file cannot be written.
        """
        self._limit = limit
        self._file = _open(target)
        self.total = 0
        self.reader, self.writer = os.pipe()
        os.set_blocking(self.reader, False)
        self._writer_open = True

    @property
    def over(self) -> bool:
        """Whether more came than is kept."""
        return self.total > self._limit

    def started(self) -> None:
        """Close our end for writing: the contained processes hold the other."""
        if self._writer_open:
            os.close(self.writer)
            self._writer_open = False

    def pump(self) -> bool:
        """Take what is there.

        Returns:
            Whether there may be more.

        Raises:
            InternalFault: GR507, the file cannot be written.
        """
        try:
            piece = os.read(self.reader, _PIECE)
        except BlockingIOError:
            return False
        kept = piece[: max(0, self._limit - self.total)]
        self.total += len(piece)
        if kept and self._file is not None:
            try:
                self._file.write(kept)
            except OSError as exc:
                raise InternalFault("GR507", f"The output could not be kept: {exc.strerror}.") from exc
        return bool(piece)

    def read_now(self) -> bytes:
        """Return what waits in the pipe, without keeping it."""
        try:
            return os.read(self.reader, _PIECE)
        except BlockingIOError:
            return b""

    def drain(self) -> None:
        """Take what is left, when nobody writes any more."""
        while not self.over and self.pump():
            pass

    def close(self) -> None:
        """Close the pipe and the file."""
        self.started()
        os.close(self.reader)
        if self._file is not None:
            with contextlib.suppress(OSError):  # a full disk was reported by the write
                self._file.close()


def _open(target: Path | None) -> BinaryIO | None:
    if target is None:
        return None
    try:
        return target.open("wb", buffering=0)
    except OSError as exc:
        raise InternalFault("GR507", f"{target.name} could not be written: {exc.strerror}.") from exc
