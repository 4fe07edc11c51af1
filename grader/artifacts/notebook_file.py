"""Reads the notebook as it ran: cells by their tags, with what they printed, as data."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from grader.artifacts.json_file import read_json_file

#: Bytes of an executed notebook that are read.
NOTEBOOK_LIMIT = 64 * 1024**2


@dataclass(frozen=True)
class ExecutedCell:
    """One code cell of the executed notebook."""

    id: str
    tags: tuple[str, ...]
    source: str
    text: str
    """What it printed and returned, as plain text."""
    failed: bool
    """Whether it raised an exception."""


def read_executed_cells(root: Path, name: str = "executed.ipynb") -> tuple[ExecutedCell, ...]:
    """Read the code cells of an executed notebook, in order.

    Args:
        root: the run folder.
        name: the notebook's file.

    Returns:
        Its code cells; what does not look like a cell is left out.

    Raises:
        SubmissionFault: GR314, the file is missing; GR315, it is no JSON.
    """
    document = _object(read_json_file(root, name, NOTEBOOK_LIMIT))
    cells = (_object(cell) for cell in _list(document.get("cells")))
    return tuple(_cell(cell) for cell in cells if cell.get("cell_type") == "code")


def _cell(cell: dict[str, Any]) -> ExecutedCell:
    outputs = [_object(output) for output in _list(cell.get("outputs"))]
    tags = tuple(tag for tag in _list(_object(cell.get("metadata")).get("tags")) if isinstance(tag, str))
    text = "".join(
        _text(output.get("text")) or _text(_object(output.get("data")).get("text/plain")) for output in outputs
    )
    failed = any(output.get("output_type") == "error" for output in outputs)
    return ExecutedCell(str(cell.get("id", "")), tags, _text(cell.get("source")), text, failed)


def _text(value: Any) -> str:
    if isinstance(value, list):
        return "".join(part for part in cast("list[Any]", value) if isinstance(part, str))
    return value if isinstance(value, str) else ""


def _object(value: Any) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return cast("list[Any]", value) if isinstance(value, list) else []
