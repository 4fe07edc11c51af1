"""Compares two run folders."""

import json
from pathlib import Path

from grader.grading.differences import Difference, compare
from grader.model.files import read_json
from grader.model.grade import Grade
from grader.wiring.workshop import Workshop


def diff_runs(workshop: Workshop, before: Path, after: Path) -> Difference:
    """Compare two graded runs.

    Args:
        workshop: finds run folders.
        before: the first.
        after: the second.

    Returns:
        What differs.

    Raises:
        UsageFault: GR103, one is no run folder, or is not graded.
        InternalFault: GR510, a file is damaged.
    """
    folders = workshop.run_folder(before), workshop.run_folder(after)
    first, second = (read_json(folder / "grade.json", Grade) for folder in folders)
    return compare(first, second, (_sources(folders[0]), _sources(folders[1])))


def _sources(folder: Path) -> dict[str, str]:
    """The code of a submission's cells, by id."""
    cells = json.loads((folder / "submission.ipynb").read_bytes())["cells"]
    return {cell["id"]: "".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"}
