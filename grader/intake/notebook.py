"""Checks that a JSON object is a notebook that can be run, and gives every cell an id of its own."""

import hashlib
import itertools
import re
import warnings
from dataclasses import dataclass, field
from typing import Any, TypeGuard, cast

from grader.errors import SubmissionFault
from grader.intake.source import printable
from grader.model.submission import CodeCell, Notice

Cell = dict[str, Any]

#: The format since which every cell has an id.
_WITH_IDS = 5
#: The newest format of which this grader knows the schema.
_NEWEST_MINOR = 5
_CELL_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_CELL_TYPES = ("code", "markdown", "raw")
_MOST_PROBLEMS = 5
_MOST_CELLS = 5000
_SAVE_AGAIN = "Open it in a current Jupyter and save it again."


@dataclass(frozen=True)
class Notebook:
    """A valid notebook in format 4.5 or later, every cell with a unique id."""

    document: dict[str, Any]
    """The whole notebook as JSON data; sources are single strings."""
    repairs: tuple[Notice, ...] = ()
    """What had to be changed, if anything."""

    @property
    def cells(self) -> list[Cell]:
        """All cells, in order."""
        return cast("list[Cell]", self.document["cells"])

    @property
    def code_cells(self) -> list[Cell]:
        """The code cells, in order: index + 1 is the number that the student sees."""
        return [cell for cell in self.cells if cell["cell_type"] == "code"]

    @property
    def metadata(self) -> dict[str, Any]:
        """The notebook's own metadata."""
        return cast("dict[str, Any]", self.document["metadata"])


@dataclass
class _Repairs:
    missing: int = 0
    invalid: list[int] = field(default_factory=list[int])
    repeated: list[int] = field(default_factory=list[int])

    def notice(self, upgraded: bool) -> tuple[Notice, ...]:
        parts = [] if upgraded or not self.missing else [f"{self.missing} without an id"]
        if self.invalid:
            parts.append("with an id that is not allowed: " + _numbers(self.invalid))
        if self.repeated:
            parts.append("with the id of another: " + _numbers(self.repeated))
        if not parts:
            return ()
        return (Notice("GR320", f"Some cells got a new id; cells {'; '.join(parts)}.", "Nothing to do."),)


def parse_notebook(document: dict[str, Any], name: str) -> Notebook:
    """Check a JSON object against the notebook format.

    Args:
        document: the parsed file; not changed.
        name: the file's name, for messages.

    Returns:
        The notebook, its cells repaired where they lacked an id of their own. The same file always gives the same ids.

    Raises:
        SubmissionFault: GR302, the format is 3 or older; GR311, it is not valid.
    """
    minor = _format_minor(document, name)
    cells = document.get("cells")
    if not isinstance(cells, list) or not all(isinstance(cell, dict) for cell in cast("list[Any]", cells)):
        raise SubmissionFault("GR311", f"{name} is not a valid notebook: it has no list of cells.", _SAVE_AGAIN)
    if len(cells) > _MOST_CELLS:
        message = f"{name} has {len(cells)} cells; a notebook of more than {_MOST_CELLS} is not read."
        raise SubmissionFault("GR311", message, "Hand in the notebook of the lab.")
    repairs = _Repairs()
    renamed = _with_ids([dict(cell) for cell in cast("list[Cell]", cells)], repairs)
    repaired = {**document, "cells": renamed, "nbformat_minor": max(minor, _WITH_IDS)}
    _validate(repaired, name)
    for cell in renamed:
        cell["source"] = _joined(cell["source"])
    return Notebook(repaired, repairs.notice(upgraded=minor < _WITH_IDS))


def needs_repair(notebook: Notebook, original: dict[str, Any]) -> bool:
    """Tell whether the ids in force differ from those in the file.

    Args:
        notebook: what `parse_notebook` returned.
        original: what it was given.

    Returns:
        False when the bytes that were handed in can be run as they are.
    """
    before = [cell.get("id") for cell in cast("list[Cell]", original["cells"])]
    same_format = original.get("nbformat_minor") == notebook.document["nbformat_minor"]
    return not same_format or before != [cell["id"] for cell in notebook.cells]


def describe_cells(notebook: Notebook) -> tuple[CodeCell, ...]:
    """Return the code cells as a submission keeps them.

    Args:
        notebook: a valid notebook.

    Returns:
        One entry per code cell, numbered from 1.
    """
    return tuple(
        CodeCell(number, cell["id"], first_line(cell["source"]), tags_of(cell))
        for number, cell in enumerate(notebook.code_cells, start=1)
    )


def tags_of(cell: Cell) -> tuple[str, ...]:
    """Return the tags of a cell.

    Args:
        cell: a cell of a valid notebook.

    Returns:
        Its tags, in order.
    """
    return tuple(cell["metadata"].get("tags", ()))


def first_line(source: str) -> str:
    """Return the line by which a cell is recognised.

    Args:
        source: the cell's code.

    Returns:
        The first line that is neither blank nor a comment, at most 80 characters; empty when there is none.
    """
    for line in source.splitlines():
        if line.strip() and not line.lstrip().startswith("#"):
            return printable(line.strip(), longest=80)
    return ""


def _format_minor(document: dict[str, Any], name: str) -> int:
    major, minor = document.get("nbformat"), document.get("nbformat_minor", 0)
    if major is None and "worksheets" not in document:
        message = f"{name} holds JSON, but not a notebook: it does not say which notebook format it has."
        raise SubmissionFault("GR311", message, "Hand in the .ipynb file of the lab.")
    if not isinstance(major, int | None) or not isinstance(minor, int) or isinstance(major, bool):
        raise SubmissionFault("GR311", f"{name} is not a valid notebook: its format is not a number.", _SAVE_AGAIN)
    if major is None or major < 4:
        raise SubmissionFault("GR302", f"{name} is in notebook format {printable(str(major or 3), 20)}, not 4.")
    if major > 4 or not 0 <= minor <= _NEWEST_MINOR:
        version = printable(f"{major}.{minor}", 20)
        message = f"{name} is in notebook format {version}; the grader reads up to 4.{_NEWEST_MINOR}."
        raise SubmissionFault("GR311", message, "Save it as notebook format 4, for example with JupyterLab 4.")
    return minor


def _with_ids(cells: list[Cell], repairs: _Repairs) -> list[Cell]:
    kept = {cell["id"] for cell in cells if _is_id(cell.get("id"))}
    seen: set[str] = set()
    for number, cell in enumerate(cells, start=1):
        old = cell.get("id")
        if _is_id(old) and old not in seen:
            seen.add(old)
            continue
        if old is None:
            repairs.missing += 1
        elif _is_id(old):
            repairs.repeated.append(number)
        else:
            repairs.invalid.append(number)
        cell["id"] = _new_id(number, cell, kept | seen)
        seen.add(cell["id"])
    return cells


def _is_id(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and _CELL_ID.fullmatch(value) is not None


def _new_id(number: int, cell: Cell, taken: set[str]) -> str:
    attempt = 0
    while True:
        seed = f"{number}/{attempt}/{cell.get('cell_type')}/{cell.get('source')}"
        candidate = hashlib.sha256(seed.encode()).hexdigest()[:8]
        if candidate not in taken:
            return candidate
        attempt += 1


def _validate(document: dict[str, Any], name: str) -> None:
    problems = _schema_problems({**document, "cells": []}, None)
    for number, cell in enumerate(cast("list[Cell]", document["cells"]), start=1):
        kind = cell.get("cell_type")
        if isinstance(kind, str) and kind in _CELL_TYPES:
            problems += [f"cell {number} of all: {problem}" for problem in _schema_problems(cell, f"{kind}_cell")]
        else:
            problems.append(f"cell {number} of all is neither code nor markdown nor raw")
        if len(problems) > _MOST_PROBLEMS:
            break
    if problems:
        shown = "; ".join(problems[:_MOST_PROBLEMS])
        more = " and more" if len(problems) > _MOST_PROBLEMS else ""
        raise SubmissionFault("GR311", f"{name} does not follow the notebook format: {shown}{more}.", _SAVE_AGAIN)


def _schema_problems(part: dict[str, Any], definition: str | None) -> list[str]:
    import nbformat.validator

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what it warns of has been repaired before
        errors = nbformat.validator.iter_validate(part, definition, version=4, version_minor=5, relax_add_props=True)
        # a few only: a hostile file can hold millions
        return [_problem(error) for error in itertools.islice(errors, _MOST_PROBLEMS + 1)]


def _problem(error: Any) -> str:
    text = printable(str(error.message).splitlines()[0], 120)
    path = " > ".join(printable(str(part), 40) for part in error.path)
    return f"{path}: {text}" if path else text


def _joined(source: str | list[str]) -> str:
    return source if isinstance(source, str) else "".join(source)


def _numbers(numbers: list[int]) -> str:
    shown = ", ".join(str(number) for number in numbers[:10])
    return shown if len(numbers) <= 10 else f"{shown} and {len(numbers) - 10} more"
