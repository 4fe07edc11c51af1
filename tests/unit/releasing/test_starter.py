import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest

from grader.errors import LabFault
from grader.intake.begun import is_begun
from grader.model.lab import Lab
from grader.releasing import release

from .conftest import PARAMETERS, SOLVED, code, markdown

Write = Callable[..., Path]


def _released(write: Write, lab: Lab, *cells: dict) -> dict:
    return json.loads(release(write(PARAMETERS, *cells), lab))


def _source(notebook: dict, cell_id: str) -> str:
    return next("".join(cell["source"]) for cell in notebook["cells"] if cell["id"] == cell_id)


def test_a_region_becomes_a_stub_with_the_comment_of_its_cell(write: Write, lab: Lab):
    assert _source(_released(write, lab, SOLVED), "add") == (
        "# Exercise 1: add the numbers\n"
        "def total(a, b):\n"
        '    raise NotImplementedError("Exercise 1: add the numbers")\n'
        "print(total(1, 2))"
    )


def test_without_a_comment_the_stub_takes_the_title_of_the_exercise(write: Write, lab: Lab):
    cell = code("### BEGIN SOLUTION\nx = 1\n### END SOLUTION", "add", "exercise-1")
    assert _source(_released(write, lab, cell), "add") == 'raise NotImplementedError("Exercise 1: add two numbers")'


def test_a_cell_with_several_regions_can_name_each(write: Write, lab: Lab):
    cell = code(
        'def a():\n    ### BEGIN SOLUTION: return "one"\n    return 1\n    ### END SOLUTION\n'
        "def b():\n    ### BEGIN SOLUTION\n    return 2\n    ### END SOLUTION",
        "add",
        "exercise-1",
    )
    assert _source(_released(write, lab, cell), "add") == (
        'def a():\n    raise NotImplementedError("Exercise 1: return \\"one\\"")\n'
        'def b():\n    raise NotImplementedError("Exercise 1: add two numbers")'
    )


def test_outputs_counts_and_editor_metadata_are_cleared_and_ids_and_tags_kept(write: Write, lab: Lab):
    notebook = _released(write, lab, SOLVED)
    cell = notebook["cells"][1]
    assert (cell["outputs"], cell["execution_count"], cell["id"]) == ([], None, "add")
    assert cell["metadata"] == {"tags": ["exercise-1"]}
    assert "secret" not in json.dumps(notebook)


def test_the_metadata_say_which_lab_it_is_and_what_each_cell_was(write: Write, lab: Lab):
    notebook = _released(write, lab, SOLVED, markdown("## Goal", "goal"))
    assert notebook["metadata"]["kernelspec"]["name"] == "python3"
    grader = notebook["metadata"]["grader"]
    assert (grader["lab"], grader["version"]) == ("9.1", "1.2.3")
    assert grader["cells"] == {
        cell["id"]: hashlib.sha256("".join(cell["source"]).encode()).hexdigest() for cell in notebook["cells"]
    }


def test_intake_sees_that_a_starter_has_not_been_begun(write: Write, lab: Lab):
    lab.starter.write_bytes(release(write(PARAMETERS, SOLVED), lab))
    assert not is_begun(lab.starter)
    lab.starter.write_text(lab.starter.read_text("utf-8").replace("raise NotImplementedError", "return 3 #"), "utf-8")
    assert is_begun(lab.starter)


def test_the_same_solution_gives_the_same_bytes_whatever_an_editor_added(write: Write, lab: Lab):
    first = release(write(PARAMETERS, SOLVED), lab)
    again = {**SOLVED, "execution_count": 99, "outputs": [], "metadata": {"tags": ["exercise-1"], "collapsed": True}}
    assert (
        release(write(PARAMETERS, again, widgets={}, kernelspec={"name": "other", "display_name": "x"}), lab) == first
    )
    assert first.endswith(b"}\n")
    nbformat.validate(nbformat.reads(first.decode(), as_version=4))


def test_a_cell_for_teachers_is_left_out(write: Write, lab: Lab):
    notebook = _released(write, lab, SOLVED, markdown("Mark generously", "notes", "solution"))
    assert [cell["id"] for cell in notebook["cells"]] == ["parameters", "add"]


@pytest.mark.parametrize(
    ("source", "what"),
    [
        pytest.param("### BEGIN SOLUTION\nx = 1", "line 1 is never ended", id="not-closed"),
        pytest.param("x = 1\n### END SOLUTION", "line 2 ends a solution that no line began", id="not-opened"),
        pytest.param(
            "### BEGIN SOLUTION\n### BEGIN SOLUTION\n### END SOLUTION",
            "line 2 begins a solution inside the one of line 1",
            id="nested",
        ),
        pytest.param("# begin solution\nx = 1\n# end solution", "line 1 is neither", id="misspelt"),
        pytest.param("if x:\n### BEGIN SOLUTION\n    y\n### END SOLUTION", "is not Python", id="wrong-indentation"),
    ],
)
def test_a_region_that_cannot_be_stripped_is_a_fault_of_the_lab(write: Write, lab: Lab, source: str, what: str):
    with pytest.raises(LabFault, match=what) as caught:
        release(write(PARAMETERS, code(source, "add", "exercise-1")), lab)
    assert caught.value.code == "GR203"
    assert "Cell 2 (id add)" in caught.value.message


def test_a_region_needs_the_tag_of_an_exercise_that_lab_toml_names(write: Write, lab: Lab):
    region = "### BEGIN SOLUTION\nx = 1\n### END SOLUTION"
    with pytest.raises(LabFault, match="holds a solution but no tag"):
        release(write(PARAMETERS, code(region, "add")), lab)
    with pytest.raises(LabFault, match="does not name"):
        release(write(PARAMETERS, code(region, "add", "exercise-8")), lab)


def test_a_region_in_a_text_cell_is_refused(write: Write, lab: Lab):
    with pytest.raises(LabFault, match="is not a code cell"):
        release(write(PARAMETERS, markdown("### BEGIN SOLUTION\nwords\n### END SOLUTION", "text")), lab)


def test_every_exercise_of_lab_toml_has_a_cell(write: Write, lab: Lab):
    with pytest.raises(LabFault, match="no cell tagged exercise-1"):
        release(write(PARAMETERS), lab)


def test_exactly_one_cell_takes_the_parameters(write: Write, lab: Lab):
    with pytest.raises(LabFault, match="0 cells tagged `parameters`"):
        release(write(SOLVED), lab)


def test_a_missing_solution_has_its_code(lab: Lab):
    with pytest.raises(LabFault) as caught:
        release(lab.solution, lab)
    assert caught.value.code == "GR204"


@pytest.mark.parametrize("content", ["not json", "{}", '{"nbformat": 4, "nbformat_minor": 5, "metadata": {}}'])
def test_a_file_that_is_no_notebook_is_refused(lab: Lab, content: str):
    lab.solution.write_text(content, "utf-8")
    with pytest.raises(LabFault) as caught:
        release(lab.solution, lab)
    assert caught.value.code == "GR203"


def test_an_old_format_has_no_cell_ids_and_is_refused(lab: Lab):
    lab.solution.write_text('{"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": []}', "utf-8")
    with pytest.raises(LabFault, match="in notebook format 4"):
        release(lab.solution, lab)
