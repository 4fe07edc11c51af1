"""What students wrote, made harmless: control characters, terminal sequences, HTML, sizes."""

import re
from dataclasses import dataclass
from functools import lru_cache

import nh3
from markupsafe import Markup

from grader.reporting import words
from grader.reporting.images import clean_data_uri

#: Bytes that one output may take on a page.
OUTPUT_BYTES = 20 * 1024

_ESCAPES = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b[ -/]*[0-~]")
# C0 and C1 without tab and line feed, and the characters that turn the direction of the text around them
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_CODE = re.compile(r"`([^`\n]+)`")
_CLIP_TAIL = 5 * 1024

_TAGS = {
    *("table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td"),
    *("p", "br", "hr", "blockquote", "pre", "code", "samp", "kbd", "var"),
    *("b", "strong", "i", "em", "u", "s", "del", "sub", "sup", "small", "mark"),
    *("ul", "ol", "li", "dl", "dt", "dd", "img"),
}
_ATTRIBUTES = {"img": {"src"}, "td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan"}}
_MAX_SPAN = 40
_MAX_DEPTH = 40
_TAG = re.compile(r"<(/?)([a-z0-9]+)")
_VOID = {"br", "hr", "img"}


@dataclass(frozen=True)
class Clipped:
    """A text that was cut to its limit."""

    text: str
    note: str
    """`clipped: ...`, or empty when all of it is there."""


def printable(text: str) -> str:
    r"""Return text in which nothing can move a cursor, turn a line around or break UTF-8.

    Args:
        text: anything a student's code or file held.

    Returns:
        The text with line feeds and tabs kept, line ends unified, other controls written as `\x1b`.
    """
    text = text.replace("\r\n", "\n").replace("\u2028", "\n").replace("\u2029", "\n")
    text = _UNPRINTABLE.sub(lambda found: _spelled(found.group()), text)
    return _SURROGATE.sub("\ufffd", text)


def _spelled(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"


def code_spans(text: str) -> tuple[tuple[bool, str], ...]:
    """Split a sentence at its backticks.

    Args:
        text: of ours or of a check's author, such as "Set `logging_steps`."

    Returns:
        Pieces with whether each is code; a backtick without a partner stays in the text.
    """
    pieces: list[tuple[bool, str]] = []
    reached = 0
    for found in _CODE.finditer(text):
        pieces += [(False, text[reached : found.start()]), (True, found.group(1))]
        reached = found.end()
    return tuple((code, piece) for code, piece in (*pieces, (False, text[reached:])) if piece)


def terminal_text(text: str) -> str:
    """Return what a terminal would show of text: no colour sequences, progress bars only in their last state."""
    text = _ESCAPES.sub("", text).replace("\r\n", "\n")
    lines = (line.rstrip("\r").rsplit("\r", 1)[-1] for line in text.split("\n"))
    return printable("\n".join(lines))


def clip(text: str, limit: int = OUTPUT_BYTES) -> Clipped:
    """Cut text to a number of bytes, keeping its beginning and its end.

    Args:
        text: any length.
        limit: bytes of UTF-8 that are kept.

    Returns:
        The text and what to say about the cut.
    """
    data = text.encode("utf-8", "replace")
    if len(data) <= limit:
        return Clipped(text, "")
    tail = min(_CLIP_TAIL, limit // 4)
    head = data[: limit - tail].decode("utf-8", "ignore")
    end = data[len(data) - tail :].decode("utf-8", "ignore")
    hidden, total = f"{len(data) - limit:,}", f"{len(data):,} bytes"
    return Clipped(f"{head}\n[…]\n{end}", words.CLIPPED.format(hidden=hidden, total=total))


def clean_html(html: str) -> Markup:
    """Return HTML of a student with nothing in it but text, tables, lists and proven pictures.

    Args:
        html: hostile; the caller has cut it to size.

    Returns:
        Markup without scripts, handlers, styles, classes, ids, links or references to anywhere; the text of the source
        where elements lie too deeply in one another for any page.
    """
    cleaned = _cleaner().clean(printable(html))
    if _depth(cleaned) > _MAX_DEPTH:
        return Markup("<pre>{}</pre>").format(printable(html))
    return Markup(cleaned)  # noqa: S704 - nh3 has parsed and rebuilt it from an allow list


def _depth(cleaned: str) -> int:
    """Return how deeply the elements of well-nested HTML lie in one another."""
    deepest = depth = 0
    for found in _TAG.finditer(cleaned):
        if found.group(2) not in _VOID:
            depth += -1 if found.group(1) else 1
            deepest = max(deepest, depth)
    return deepest


@lru_cache(maxsize=1)
def _cleaner() -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        attribute_filter=_keep_attribute,
        url_schemes={"data"},
        link_rel=None,
        set_tag_attribute_values={"img": {"alt": words.FIGURE}},
    )


def _keep_attribute(tag: str, attribute: str, value: str) -> str | None:
    if tag == "img" and attribute == "src":
        return clean_data_uri(value)
    if attribute in {"colspan", "rowspan"}:
        return value if value.isascii() and value.isdigit() and 0 < int(value[:6]) <= _MAX_SPAN else None
    return value
