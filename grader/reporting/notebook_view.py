"""The notebook as it ran, cell by cell, with hostile sources and outputs made harmless and cut to size."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from markupsafe import Markup, escape

from grader.model.grade import Grade
from grader.model.quantities import duration, size
from grader.model.submission import INJECTED
from grader.reporting import words
from grader.reporting.highlight import highlight
from grader.reporting.markdown_cells import markdown_html
from grader.reporting.outputs import Output, output_views, text_of
from grader.reporting.sanitise import OUTPUT_BYTES, clip, printable

#: Bytes of sources and outputs that one page keeps.
NOTEBOOK_BYTES = 1024 * 1024

_ERROR_MARK = "papermill-error-cell-tag"


@dataclass(frozen=True)
class CellView:
    """One cell, ready for a template."""

    kind: str
    """`code`, `markdown`, `raw` or `injected`."""
    label: str
    anchor: str
    """Empty for cells without a number."""
    source: Markup
    """Highlighted code or rendered text."""
    note: str
    """What was cut."""
    status: words.Status | None
    seconds: str
    outputs: tuple[Output, ...]


@dataclass(frozen=True)
class NotebookView:
    """All cells that fit, and what to say about the rest."""

    cells: tuple[CellView, ...]
    note: str


def notebook_view(notebook: Mapping[str, Any] | None, grade: Grade) -> NotebookView:
    """Return the executed notebook as a page shows it.

    Args:
        notebook: nbformat 4 as a mapping (an nbformat node is one), hostile; None when there is none.
        grade: gives the student's cell numbers and the times.
    """
    cells = [cell for cell in _list(notebook.get("cells") if notebook else None) if not _is_mark(cell)]
    if not cells:
        return NotebookView((), words.NO_NOTEBOOK)
    reader = _Reader(grade)
    shown: list[CellView] = []
    spent = 0
    for index, cell in enumerate(cells):
        view = reader.cell(cell)
        # what is read counts as well: a cell of a thousand definitions of links shows nothing
        read = min(len(text_of(cell.get("source"))), OUTPUT_BYTES)
        spent += max(len(view.source), read) + sum(output.weight for output in view.outputs)
        if spent > NOTEBOOK_BYTES:
            hidden = f"{len(cells) - index:,}"
            return NotebookView(tuple(shown), words.MORE_CELLS.format(count=hidden, size=size(NOTEBOOK_BYTES)))
        shown.append(view)
    return NotebookView(tuple(shown), "")


class _Reader:
    """Knows the student's numbers by cell id."""

    def __init__(self, grade: Grade) -> None:
        self._numbers = {cell.id: cell.number for cell in grade.submission.cells}
        self._runs = {cell.number: cell for cell in grade.run.cells}
        self._seen: set[int] = set()

    def cell(self, cell: Mapping[str, Any]) -> CellView:
        source = clip(printable(text_of(cell.get("source"))))
        kind = cell.get("cell_type")
        if kind == "code":
            return self._code(cell, source.text, source.note)
        if kind == "markdown":
            return CellView("markdown", "", "", markdown_html(source.text), source.note, None, "", ())
        return CellView("raw", "", "", escape(source.text), source.note, None, "", ())

    def _code(self, cell: Mapping[str, Any], source: str, note: str) -> CellView:
        outputs = output_views(_list(cell.get("outputs")))
        if INJECTED in _tags(cell):
            return CellView("injected", words.INJECTED, "", highlight(source), note, None, "", outputs)
        number = self._numbers.get(str(cell.get("id")))
        if number is None or number in self._seen:
            return CellView("code", words.SPARE_CELL, "", highlight(source), note, None, "", outputs)
        self._seen.add(number)  # a notebook may repeat an id; ids of the page may not
        run = self._runs.get(number)
        seconds = duration(run.seconds) if run and run.seconds is not None else ""
        status = words.CELLS.get(run.status) if run else None
        label = f"Cell {number}"
        return CellView("code", label, f"cell-{number}", highlight(source), note, status, seconds, outputs)


def _is_mark(cell: Mapping[str, Any]) -> bool:
    """Whether papermill put the cell in to mark an error."""
    return _ERROR_MARK in _tags(cell)


def _tags(cell: Mapping[str, Any]) -> Sequence[Any]:
    metadata = cell.get("metadata")
    tags = cast("Mapping[str, Any]", metadata).get("tags") if isinstance(metadata, dict) else None
    return cast("Sequence[Any]", tags) if isinstance(tags, list) else ()


def _list(value: object) -> list[Mapping[str, Any]]:
    return [item for item in cast("list[Any]", value) if isinstance(item, dict)] if isinstance(value, list) else []
