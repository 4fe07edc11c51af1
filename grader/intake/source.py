"""Reads the bytes that were handed in, without following a link and without reading too much."""

import os
import stat
import unicodedata
from pathlib import Path

from grader.errors import SubmissionFault, UsageFault

#: Characters that would let a file name lie about itself where it is shown: they reverse or isolate text.
_BIDI_CONTROLS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_LONGEST_NAME_BYTES = 255


def read_source(path: Path, limit_bytes: int) -> bytes:
    """Read a regular file that is no larger than allowed.

    Args:
        path: what was handed in.
        limit_bytes: the size above which the file is refused before it is read.

    Returns:
        The file's bytes.

    Raises:
        UsageFault: GR102, there is no such file, or it may not be read.
        SubmissionFault: GR308, it is too large; GR310, it is not a plain file or its name cannot be kept.
    """
    name = plain_name(path)
    # not blocking, so that a pipe without a writer cannot hold us; without following a link in the last place
    flags = os.O_RDONLY | os.O_CLOEXEC | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    _refuse_links_and_folders(path, name)
    try:
        descriptor = os.open(path, flags)
    except (OSError, ValueError) as exc:
        reason = exc.strerror if isinstance(exc, OSError) else "its name cannot be used"
        raise UsageFault("GR102", f"{printable(str(path))} cannot be read: {reason}.") from exc
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise SubmissionFault("GR310", f"{name} is not a plain file.")
        if status.st_size > limit_bytes:
            raise too_large(name, status.st_size, limit_bytes)
        content = file.read(limit_bytes + 1)
    if len(content) > limit_bytes:  # it grew while we read
        raise too_large(name, len(content), limit_bytes)
    return content


def plain_name(path: Path) -> str:
    """Return the file name, refusing one that a report could not show truthfully.

    Args:
        path: what was handed in.

    Returns:
        Its last part, in Unicode form NFC.

    Raises:
        SubmissionFault: GR310, the name holds control characters, is too long, or is not Unicode.
    """
    name = path.name
    shown = printable(name)
    hint = "Rename the file to something plain, such as `lab.ipynb`."
    if not name:
        raise SubmissionFault("GR310", f"{printable(str(path))} has no file name.", hint)
    try:
        size = len(name.encode("utf-8"))
    except UnicodeEncodeError as exc:
        raise SubmissionFault("GR310", f"The file name {shown} is not valid Unicode.", hint) from exc
    if size > _LONGEST_NAME_BYTES:
        raise SubmissionFault("GR310", f"The file name is {size} bytes long; {_LONGEST_NAME_BYTES} are possible.", hint)
    if any(unicodedata.category(character) == "Cc" or character in _BIDI_CONTROLS for character in name):
        raise SubmissionFault("GR310", f"The file name {shown} holds control characters.", hint)
    return unicodedata.normalize("NFC", name)


def printable(text: str, longest: int = 120) -> str:
    """Return text that can be shown on a terminal: every other character as its escape.

    Args:
        text: anything.
        longest: number of characters after which it is cut.

    Returns:
        One line.
    """
    shown = "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text[: longest + 1])
    return shown if len(shown) <= longest else shown[: longest - 1] + "…"


def too_large(name: str, size_bytes: int, limit_bytes: int) -> SubmissionFault:
    """Return the refusal of a file that is larger than allowed.

    Args:
        name: the file's name.
        size_bytes: its size.
        limit_bytes: what is allowed.

    Returns:
        GR308, with both figures in MiB.
    """
    sizes = f"{size_bytes / 2**20:.1f} MiB; the limit is {limit_bytes / 2**20:.1f} MiB"
    return SubmissionFault("GR308", f"{name} has {sizes}.")


def _refuse_links_and_folders(path: Path, name: str) -> None:
    try:
        mode = path.lstat().st_mode
    except (OSError, ValueError):
        return  # opening it tells why
    if stat.S_ISLNK(mode):
        raise SubmissionFault("GR310", f"{name} is a link.")
    if stat.S_ISDIR(mode):
        raise SubmissionFault("GR310", f"{name} is a folder.")
