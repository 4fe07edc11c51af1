"""Turns a reference solution into the starter that students get, byte for byte the same every time."""

import hashlib
import re
from pathlib import Path
from typing import Any, cast

import nbformat

from grader.errors import LabFault
from grader.model.lab import Lab
from grader.model.submission import PARAMETERS
from grader.releasing.regions import find_regions, strip

_EXERCISE = re.compile(r"^exercise-(?P<number>\d+[a-z]?)$")
#: A cell with this tag is for teachers and is left out of the starter.
_SOLUTION_TAG = "solution"
#: Metadata of a cell that students get: everything else records how somebody's editor showed it.
_KEPT = ("tags", "jupyter", "slideshow")


def release(solution: Path, lab: Lab) -> bytes:
    """Make the starter of a lab from its reference solution.

    Solution regions become stubs that name their exercise, outputs and counts are cleared, cell ids and tags are kept,
    and the metadata says which lab this is and what each cell was when it was released.

    Args:
        solution: the reference notebook.
        lab: the lab, whose exercises name the stubs.

    Returns:
        The notebook file that students get.

    Raises:
        LabFault: GR203, the notebook is not valid or a cell cannot be stripped; GR204, it is not there.
    """
    notebook = _read(solution)
    cells = [_starter_cell(cell, number, lab) for number, cell in enumerate(notebook["cells"], 1) if not _hidden(cell)]
    _require_exercises(cells, lab, solution)
    notebook["cells"] = cells
    notebook["nbformat"], notebook["nbformat_minor"] = 4, 5
    notebook["metadata"] = {
        "grader": {"lab": lab.id, "version": lab.version, "cells": {cell["id"]: _sha256(cell) for cell in cells}},
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    text: str = nbformat.writes(nbformat.from_dict(notebook), version=nbformat.NO_CONVERT)
    _validate(nbformat.reads(text, as_version=nbformat.NO_CONVERT), solution)
    return text.rstrip("\n").encode() + b"\n"


def _read(solution: Path) -> dict[str, Any]:
    try:
        notebook = nbformat.read(solution, as_version=nbformat.NO_CONVERT)
    except OSError as exc:
        raise LabFault("GR204", f"The solution {solution.name} cannot be read: {exc.strerror}.") from exc
    except (ValueError, nbformat.ValidationError, AttributeError, KeyError) as exc:
        raise LabFault("GR203", f"{solution.name} is not a notebook: {exc}.") from exc
    version = f"{notebook.get('nbformat')}.{notebook.get('nbformat_minor')}"
    if version != "4.5":
        raise LabFault(
            "GR203",
            f"{solution.name} is in notebook format {version}, and cells have ids only since 4.5.",
            "Save it with a current Jupyter.",
        )
    _validate(notebook, solution)
    return cast("dict[str, Any]", notebook)


def _validate(notebook: Any, solution: Path) -> None:
    try:
        nbformat.validate(notebook)
    except nbformat.ValidationError as exc:
        raise LabFault("GR203", f"{solution.name} does not follow the notebook format: {exc.message}.") from exc


def _starter_cell(cell: dict[str, Any], number: int, lab: Lab) -> dict[str, Any]:
    """One cell as students get it; a new mapping, so that nothing of the solution's can ride along."""
    where = f"Cell {number} (id {cell['id']}) of {lab.slug}"
    starter: dict[str, Any] = {
        "cell_type": cell["cell_type"],
        "id": cell["id"],
        "metadata": {key: cell["metadata"][key] for key in _KEPT if key in cell["metadata"]},
        "source": cell["source"],
    }
    if cell["cell_type"] != "code":
        if find_regions(cell["source"], where):
            raise LabFault("GR203", f"{where} holds a solution but is not a code cell.", "Tag the cell `solution`.")
        return starter
    if find_regions(cell["source"], where):
        exercise, title = _exercise(cell, where, lab)
        starter["source"] = strip(cell["source"], where, exercise, title)
    return {**starter, "execution_count": None, "outputs": []}


def _exercise(cell: dict[str, Any], where: str, lab: Lab) -> tuple[str, str]:
    tag = next((tag for tag in _tags(cell) if _EXERCISE.match(tag)), None)
    if tag is None:
        raise LabFault("GR203", f"{where} holds a solution but no tag such as `exercise-3`.", "Tag the cell.")
    exercise = next((exercise for exercise in lab.exercises if exercise.id == tag), None)
    if exercise is None:
        raise LabFault("GR203", f"{where} is tagged `{tag}`, which lab.toml does not name.", "Add the exercise to it.")
    title = exercise.title[:1].lower() + exercise.title[1:]
    return f"Exercise {tag.removeprefix('exercise-')}", title


def _require_exercises(cells: list[dict[str, Any]], lab: Lab, solution: Path) -> None:
    tags = [tag for cell in cells for tag in _tags(cell)]
    missing = [exercise.id for exercise in lab.exercises if exercise.id not in tags]
    if missing:
        raise LabFault("GR203", f"{solution.name} has no cell tagged {', '.join(missing)}.", "Tag the cells.")
    if tags.count(PARAMETERS) != 1:
        raise LabFault(
            "GR203",
            f"{solution.name} has {tags.count('parameters')} cells tagged `parameters`.",
            "Exactly one cell takes the injected values.",
        )


def _tags(cell: dict[str, Any]) -> list[str]:
    return list(cell["metadata"].get("tags", []))


def _hidden(cell: dict[str, Any]) -> bool:
    return _SOLUTION_TAG in _tags(cell)


def _sha256(cell: dict[str, Any]) -> str:
    return hashlib.sha256(str(cell["source"]).encode()).hexdigest()
