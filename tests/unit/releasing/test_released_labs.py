"""The labs of this course: their starters are up to date and give nothing away."""

import json
from pathlib import Path

import nbformat
import pytest

from grader.catalog import load_labs
from grader.model.lab import Lab
from grader.releasing import release
from grader.releasing.regions import solution_lines

LABS = load_labs(Path(__file__).parents[3])

each_lab = pytest.mark.parametrize("lab", LABS, ids=lambda lab: lab.id)


def _solution_lines(lab: Lab) -> set[str]:
    cells = nbformat.read(lab.solution, as_version=4)["cells"]
    return {line for cell in cells for line in solution_lines(cell["source"], cell["id"])}


def _own_text(lab: Lab) -> str:
    """What a solution shows outside of its regions: a line there is given to students on purpose."""
    cells = nbformat.read(lab.solution, as_version=4)["cells"]
    hidden = {cell["id"]: solution_lines(cell["source"], cell["id"]) for cell in cells}
    return "\n".join(
        "\n".join(line for line in cell["source"].splitlines() if line.strip() not in hidden[cell["id"]])
        for cell in cells
    )


@each_lab
def test_the_starter_is_what_the_solution_releases(lab: Lab):
    assert lab.starter.read_bytes() == release(lab.solution, lab), f"run `grader release` for lab {lab.id}"


@each_lab
def test_no_solution_line_survives_in_the_starter(lab: Lab):
    given = _own_text(lab)
    secret = {line for line in _solution_lines(lab) if len(line) > 3 and line not in given}
    assert secret, "the solution holds nothing to hide"
    text = json.dumps(json.loads(lab.starter.read_text("utf-8")), ensure_ascii=False)
    assert [line for line in secret if json.dumps(line, ensure_ascii=False)[1:-1] in text] == []


@each_lab
def test_every_exercise_has_a_stub_that_names_it(lab: Lab):
    cells = nbformat.read(lab.starter, as_version=4)["cells"]
    stubs = [cell for cell in cells if "raise NotImplementedError(" in cell["source"]]
    for cell in stubs:
        tag = next(tag for tag in cell["metadata"]["tags"] if tag.startswith("exercise-"))
        assert f'NotImplementedError("Exercise {tag.removeprefix("exercise-")}: ' in cell["source"]
    assert {exercise.id for exercise in lab.exercises} == {
        tag for cell in stubs for tag in cell["metadata"]["tags"] if tag.startswith("exercise-")
    }
