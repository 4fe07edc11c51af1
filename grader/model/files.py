"""Reading and writing the files that the stages hand to one another: each is replaced in one step."""

import contextlib
import os
import stat
from pathlib import Path
from typing import BinaryIO, TypeVar

import msgspec

from grader.errors import InternalFault, UsageFault

T = TypeVar("T")


def write_json(path: Path, value: object) -> None:
    """Write a dataclass as indented UTF-8 JSON, replacing the file in one step.

    Args:
        path: the file; its folder exists.
        value: a dataclass of `grader.model`, or plain JSON data.

    Raises:
        InternalFault: GR507, the file could not be written.
    """
    write_bytes(path, msgspec.json.format(msgspec.json.encode(value), indent=1) + b"\n")


def write_text(path: Path, text: str) -> None:
    """Write a UTF-8 text, such as a page, replacing the file in one step; as `write_bytes`."""
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file, replacing the one that is there in one step.

    Args:
        path: the file; its folder exists.
        content: its bytes.

    Raises:
        InternalFault: GR507, the file could not be written.
    """
    partial = path.with_name(path.name + ".partial")
    try:
        partial.write_bytes(content)
        partial.replace(path)
    except OSError as exc:
        raise InternalFault("GR507", f"{path} could not be written: {exc.strerror}.") from exc


def read_json(path: Path, kind: type[T]) -> T:
    """Read a file that `write_json` wrote, checking every field.

    Args:
        path: the file.
        kind: the dataclass to build.

    Returns:
        The dataclass.

    Raises:
        UsageFault: GR103, the file is not there.
        InternalFault: GR510, the file does not fit the dataclass.
    """
    try:
        data = path.read_bytes()
    except OSError as exc:
        raise UsageFault("GR103", f"{path} cannot be read: {exc.strerror}.") from exc
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as exc:
        raise InternalFault("GR510", f"{path} does not fit {kind.__name__}: {exc}.") from exc


def open_untrusted(path: Path) -> BinaryIO | None:
    """Open a file that lay where untrusted code could write, without following a link or waiting for a pipe.

    Args:
        path: the file; every process that could write it has ended.

    Returns:
        The open file; None when there is no plain file.
    """
    with contextlib.suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        if stat.S_ISREG(os.fstat(descriptor).st_mode):
            return os.fdopen(descriptor, "rb")
        os.close(descriptor)
    return None


def read_untrusted(path: Path, limit: int) -> bytes:
    """Read the first bytes of a file, as `open_untrusted` opens it.

    Args:
        path: the file.
        limit: bytes to read at most.

    Returns:
        Its bytes; none when there is no plain file.
    """
    file = open_untrusted(path)
    if file is None:
        return b""
    with file:
        return file.read(limit)
