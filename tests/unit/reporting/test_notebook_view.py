import pytest

from grader.reporting.notebook_view import notebook_view
from tests.fakes import grades


def test_cells_carry_the_students_numbers_times_and_ends():
    view = notebook_view(grades.notebook(), grades.stopped())
    numbered = [cell for cell in view.cells if cell.anchor]

    assert [cell.anchor for cell in numbered] == [f"cell-{number}" for number in range(1, 9)]
    assert [cell.status.word for cell in numbered[4:7]] == ["ran", "was stopped", "did not run"]
    assert numbered[0].seconds == "3.9 s"
    assert numbered[6].seconds == ""


def test_injected_parameters_are_named_and_not_numbered():
    injected = [cell for cell in notebook_view(grades.notebook(), grades.failing()).cells if cell.kind == "injected"]

    assert [(cell.label, cell.anchor) for cell in injected] == [("Parameters of this run, set by the grader", "")]


def test_the_marks_that_papermill_leaves_are_left_out():
    made = grades.notebook(1)
    made["cells"].insert(
        0,
        {
            "cell_type": "markdown",
            "source": "An Exception was encountered",
            "metadata": {"tags": ["papermill-error-cell-tag"]},
        },
    )

    assert "An Exception" not in "".join(cell.source for cell in notebook_view(made, grades.failing()).cells)


def test_a_cell_that_was_not_handed_in_or_comes_twice_has_no_number():
    made = grades.notebook(1)
    made["cells"] += [
        {"cell_type": "code", "id": "cell0001", "source": "again", "outputs": []},
        {"cell_type": "code", "id": "new", "source": "new"},
    ]
    view = notebook_view(made, grades.failing())

    assert [(cell.label[:21], cell.anchor) for cell in view.cells if cell.kind == "code"] == [
        ("Cell 1", "cell-1"),
        ("A cell without a numb", ""),
        ("A cell without a numb", ""),
    ]


@pytest.mark.parametrize("notebook", [None, {}, {"cells": None}, {"cells": [1, "x"]}, {"cells": []}])
def test_no_notebook_is_said(notebook):
    view = notebook_view(notebook, grades.never_started())

    assert view.cells == ()
    assert view.note == "The notebook did not run, so there is nothing to show."


def test_a_numbered_cell_without_a_run_has_no_end():
    made = grades.grade((), run=grades.run(cells=()))

    assert notebook_view(grades.notebook(1), made).cells[1].status is None
