"""Outputs of a code cell: text without terminal sequences, cleaned tables, proven pictures, nothing else."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from markupsafe import Markup

from grader.model.quantities import size
from grader.model.safe_text import one_line
from grader.reporting import words
from grader.reporting.highlight import highlight
from grader.reporting.images import IMAGE_BYTES, image_uri
from grader.reporting.markdown_cells import markdown_html
from grader.reporting.sanitise import OUTPUT_BYTES, clean_html, clip, terminal_text

_MOST_OUTPUTS = 30
# how much of a raw text is looked at before terminal sequences are taken out and it is cut
_RAW_HEAD, _RAW_TAIL = OUTPUT_BYTES * 4, OUTPUT_BYTES


@dataclass(frozen=True)
class Output:
    """One output, ready for a template."""

    kind: str
    """`text`, `error`, `html`, `image` or `note`."""
    text: str = ""
    markup: Markup | None = None
    source: str = ""
    """A `data:` URI."""
    note: str = ""
    stream: str = ""
    """`stderr` for what was written there."""

    @property
    def weight(self) -> int:
        """Bytes on the page, roughly."""
        return len(self.text) + len(self.markup or "") + len(self.source)


def output_views(outputs: Sequence[Mapping[str, Any]]) -> tuple[Output, ...]:
    """Return the outputs of a cell.

    Args:
        outputs: as nbformat 4 has them, hostile.
    """
    shown = [_output(output) for output in _joined(outputs[: _MOST_OUTPUTS * 20])]
    kept = [output for output in shown[:_MOST_OUTPUTS] if output.weight or output.note]
    if len(shown) > _MOST_OUTPUTS:
        kept.append(Output("note", note=words.MORE_OUTPUTS.format(count=f"{len(shown) - _MOST_OUTPUTS:,}")))
    return tuple(kept)


def _joined(outputs: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Join neighbouring pieces of one stream, so that a loop of prints is one output with one limit."""
    joined: list[Mapping[str, Any]] = []
    for output in outputs:
        stream = output.get("output_type") == "stream"
        if stream and joined and joined[-1].get("output_type") == "stream" and _same(joined[-1], output):
            text = text_of(joined[-1].get("text")) + text_of(output.get("text"))
            joined[-1] = {**joined[-1], "text": text}
        else:
            joined.append(output)
    return joined


def _same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return one.get("name") == other.get("name")


def _output(output: Mapping[str, Any]) -> Output:
    kind = output.get("output_type")
    if kind == "stream":
        return _text(text_of(output.get("text")), stream="stderr" if output.get("name") == "stderr" else "")
    if kind == "error":
        return _error(output)
    data = output.get("data")
    return _rich(cast("Mapping[str, Any]", data)) if isinstance(data, dict) else Output("note")


def _text(raw: str, stream: str = "") -> Output:
    cut = _cut(raw)
    return Output("text", text=cut[0], note=cut[1], stream=stream)


def _cut(raw: str) -> tuple[str, str]:
    if len(raw) > _RAW_HEAD + _RAW_TAIL:
        total = len(raw)
        cut = clip(terminal_text(raw[:_RAW_HEAD]) + "\n" + terminal_text(raw[-_RAW_TAIL:]))
        return cut.text, words.CLIPPED.format(hidden=f"{total - OUTPUT_BYTES:,}", total=f"{total:,} characters")
    cut = clip(terminal_text(raw))
    return cut.text, cut.note


def _error(output: Mapping[str, Any]) -> Output:
    lines = text_of(output.get("traceback"), "\n")
    named = f"{text_of(output.get('ename'))}: {text_of(output.get('evalue'))}"
    text, note = _cut(lines or named)
    return Output("error", markup=highlight(text, traceback=True), note=note)


def _rich(data: Mapping[str, Any]) -> Output:
    for kind in ("image/png", "image/jpeg"):
        if kind in data:
            source = image_uri(kind, text_of(data[kind]))
            if source:
                return Output("image", source=source)
            return Output("note", note=words.UNSHOWN_IMAGE.format(size=size(IMAGE_BYTES)))
    for kind, make in (("text/html", clean_html), ("text/markdown", markdown_html)):
        if kind in data:
            cut = clip(text_of(data[kind]))
            markup = make(cut.text)
            if markup.striptags() or "<img" in markup:
                return Output("html", markup=markup, note=cut.note)
    if "text/plain" in data:
        return _text(text_of(data["text/plain"]))
    kinds = one_line(", ".join(sorted(str(key) for key in data)), 80)
    return Output("note", note=words.UNSHOWN.format(kind=kinds or "–"))


def text_of(value: object, between: str = "") -> str:
    """Return a notebook's text, which may be a string or a list of strings.

    Args:
        value: hostile; anything else gives an empty text.
        between: put between the strings of a list.
    """
    if isinstance(value, str):
        return value
    if not isinstance(value, list):
        return ""
    return between.join(line for line in cast("list[Any]", value) if isinstance(line, str))
