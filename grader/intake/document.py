"""Turns bytes into a JSON object, and says in a student's words why they are not one."""

import json
import re
import shlex
from typing import Any, cast

from grader.errors import SubmissionFault

#: Objects and lists within one another: real notebooks stay below 30, and later stages recurse.
DEEPEST_NESTING = 100
_CONFLICT = re.compile(rb"^(?:<{7}|>{7})(?: |\r?$)", re.MULTILINE)
_UTF8_MARK = b"\xef\xbb\xbf"
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_RESTORE = "Open it in Jupyter and save it again, or restore the last good version."

#: First bytes of things that are often handed in instead of a notebook.
_OTHER_KINDS: tuple[tuple[bytes, str, str], ...] = (
    (b"PK\x03\x04", "a ZIP archive", "Unpack it and hand in the notebook inside."),
    (b"\x1f\x8b", "a gzip archive", "Unpack it and hand in the notebook inside."),
    (b"%PDF", "a PDF", "Hand in the .ipynb file that it was printed from."),
    (b"<!doctype html", "a web page", "Download the raw notebook file, not the page that shows it."),
    (b"<html", "a web page", "Download the raw notebook file, not the page that shows it."),
)


def parse_document(content: bytes, name: str) -> tuple[dict[str, Any], bool]:
    """Parse a notebook's bytes.

    Args:
        content: the file's bytes.
        name: the file's name, for messages.

    Returns:
        The JSON object, and whether a byte-order mark had to be skipped.

    Raises:
        SubmissionFault: GR301, it is not JSON in UTF-8; GR311, it is JSON but not an object, or holds
            characters or a nesting that no notebook can have.
    """
    _refuse_other_kinds(content, name)
    marked = content.startswith(_UTF8_MARK)
    text = _decode(content.removeprefix(_UTF8_MARK), name)
    try:
        data: Any = json.loads(text)
    except json.JSONDecodeError as exc:
        raise _not_json(exc, content, name) from exc
    except RecursionError as exc:
        raise _too_deep(name) from exc
    except ValueError as exc:  # Python refuses to convert a number of thousands of digits
        message = f"{name} is not a notebook: it holds a number of more digits than can be read."
        raise SubmissionFault("GR301", message, _RESTORE) from exc
    if not isinstance(data, dict):
        raise SubmissionFault("GR311", f"{name} holds JSON, but not a notebook: it is {_kind(data)}.")
    document = cast("dict[str, Any]", data)
    _refuse_impossible(document, name)
    return document, marked


def _refuse_other_kinds(content: bytes, name: str) -> None:
    if not content.strip(b" \t\r\n\x00"):
        state = "is empty" if not content else "holds nothing but blanks"
        raise SubmissionFault("GR301", f"{name} {state}.", "Save the notebook in Jupyter, then hand it in again.")
    head = content[:64].lstrip().lower()
    for start, kind, hint in _OTHER_KINDS:
        if head.startswith(start.lower()):
            raise SubmissionFault("GR301", f"{name} is not a notebook: it is {kind}.", hint)
    if content.startswith(_UTF16_MARKS):
        hint = "Save it as UTF-8; opening it in Jupyter and saving does that."
        raise SubmissionFault("GR301", f"{name} is not a notebook: it is UTF-16 text, notebooks are UTF-8.", hint)


def _decode(content: bytes, name: str) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as exc:
        line = content.count(b"\n", 0, exc.start) + 1
        message = f"{name} is not a notebook: line {line} is not UTF-8 text (byte 0x{content[exc.start]:02x})."
        raise SubmissionFault("GR301", message, _RESTORE) from exc


def _not_json(exc: json.JSONDecodeError, content: bytes, name: str) -> SubmissionFault:
    conflict = _CONFLICT.search(content)
    if conflict:
        line = content.count(b"\n", 0, conflict.start()) + 1
        mark = content[conflict.start() :].split(b"\n", 1)[0].strip()[:40].decode("utf-8", "replace")
        message = f"{name} is not a notebook: line {line} is a merge-conflict marker: '{mark}'."
        file = shlex.quote(name)
        hint = f"Take one side: `git checkout --ours {file}` is yours, `git checkout --theirs {file}` the other."
        return SubmissionFault("GR301", message, hint)
    where = f"line {exc.lineno}, column {exc.colno}"
    if exc.pos >= len(exc.doc.rstrip()) or exc.msg.startswith("Unterminated string"):
        hint = "The file was cut off, for example by a broken download. Download or copy it again."
        return SubmissionFault("GR301", f"{name} is not a notebook: it ends too early, at {where}.", hint)
    reason = exc.msg[0].lower() + exc.msg[1:]
    return SubmissionFault("GR301", f"{name} is not a notebook: {where}: {reason}.", _RESTORE)


def _refuse_impossible(data: dict[str, Any], name: str) -> None:
    """Walk the whole document without recursion: later stages recurse, and write it as UTF-8."""
    level: list[Any] = [data]
    depth = 0
    while level:
        depth += 1
        if depth > DEEPEST_NESTING:
            raise _too_deep(name)
        following: list[Any] = []
        for value in level:
            if isinstance(value, dict):
                entries = cast("dict[str, Any]", value)
                following.extend(entries.keys())
                following.extend(entries.values())
            elif isinstance(value, list):
                following.extend(cast("list[Any]", value))
            elif isinstance(value, str):
                _refuse_half_characters(value, name)
        level = following


def _refuse_half_characters(text: str, name: str) -> None:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as exc:
        message = f"{name} holds half of a surrogate pair, {text[exc.start]!a}, which is not a character."
        raise SubmissionFault("GR311", message, "Delete that character in Jupyter and save.") from exc


def _too_deep(name: str) -> SubmissionFault:
    message = f"{name} nests its data more than {DEEPEST_NESTING} levels deep; no notebook does."
    return SubmissionFault("GR311", message, "Clear all outputs in Jupyter and save.")


def _kind(data: object) -> str:
    if isinstance(data, list):
        return "a list"
    if isinstance(data, str):
        return "a text"
    return "empty" if data is None else "a single value"
