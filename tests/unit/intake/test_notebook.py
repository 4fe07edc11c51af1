import warnings

import nbformat
import pytest

from grader.errors import SubmissionFault
from grader.intake.notebook import describe_cells, first_line, needs_repair, parse_notebook
from grader.model.submission import CodeCell
from tests.fakes.notebooks import as_bytes, code, markdown, notebook, parameters


def refusal(document):
    with pytest.raises(SubmissionFault) as caught:
        parse_notebook(document, "lab.ipynb")
    return caught.value


def test_a_valid_notebook_needs_no_repair():
    parsed = parse_notebook(notebook(), "lab.ipynb")

    assert parsed.document == notebook()
    assert parsed.repairs == ()
    assert not needs_repair(parsed, notebook())


@pytest.mark.parametrize(
    ("document", "code", "says"),
    [
        pytest.param(notebook(nbformat=3), "GR302", "format 3, not 4", id="format 3"),
        pytest.param({"worksheets": []}, "GR302", "format 3, not 4", id="worksheets"),
        pytest.param({"cells": []}, "GR311", "which notebook format", id="no format"),
        pytest.param(notebook(nbformat="4"), "GR311", "format is not a number", id="format as text"),
        pytest.param(notebook(nbformat=True), "GR311", "format is not a number", id="format as boolean"),
        pytest.param(notebook(nbformat_minor=None), "GR311", "format is not a number", id="minor format null"),
        pytest.param(notebook(nbformat=5), "GR311", "format 5.5", id="format 5"),
        pytest.param(notebook(nbformat_minor=99), "GR311", "format 4.99", id="minor format of the future"),
        pytest.param(notebook(nbformat_minor=-1), "GR311", "format 4.-1", id="negative minor format"),
        pytest.param(notebook(nbformat=10**300), "GR311", "format 1000", id="huge format"),
        pytest.param(notebook(cells=None), "GR311", "no list of cells", id="no cells"),
        pytest.param(notebook(cells=[1]), "GR311", "no list of cells", id="cells of numbers"),
        pytest.param(notebook(code("1") | {"source": 7}), "GR311", "cell 1 of all: source: 7", id="source a number"),
        pytest.param(notebook({"cell_type": "fish"}), "GR311", "cell 1 of all is neither code", id="cell of no type"),
        pytest.param(notebook({"cell_type": []}), "GR311", "cell 1 of all is neither code", id="type a list"),
        pytest.param(notebook({"cell_type": "code"}), "GR311", "'metadata' is a required", id="bare cell"),
        pytest.param(notebook(code("1", tags=[3])), "GR311", "metadata > tags > 0", id="tag a number"),
        pytest.param(notebook() | {"metadata": []}, "GR311", "metadata", id="metadata a list"),
    ],
)
def test_an_invalid_notebook_is_refused_with_its_place(document, code, says):
    fault = refusal(document)

    assert fault.code == code
    assert says in fault.message


def test_of_many_problems_the_first_five_are_told():
    fault = refusal(notebook(*[{"cell_type": "code"}] * 3))

    assert fault.message.count("cell ") == 5
    assert fault.message.endswith("and more.")


def test_a_notebook_of_thousands_of_cells_is_refused():
    fault = refusal(notebook(*[markdown("x")] * 5001))

    assert fault.code == "GR311"
    assert "5001 cells" in fault.message


def test_cells_without_ids_of_an_old_format_get_them_silently():
    document = notebook(code("1", None), markdown("text") | {"id": "m"}, nbformat_minor=0)

    parsed = parse_notebook(document, "lab.ipynb")

    assert parsed.repairs == ()
    assert needs_repair(parsed, document)
    assert parsed.document["nbformat_minor"] == 5
    assert len(parsed.cells[0]["id"]) == 8


def test_missing_invalid_and_repeated_ids_are_replaced_and_told():
    cells = [code("1", "a"), code("2", None), code("3", "a"), code("4", "not an id"), code("5", "x" * 65), code("6", 7)]

    parsed = parse_notebook(notebook(*cells), "lab.ipynb")

    ids = [cell["id"] for cell in parsed.cells]
    assert ids[0] == "a"
    assert len(set(ids)) == len(cells)
    assert parsed.repairs[0].code == "GR320"
    assert "1 without an id" in parsed.repairs[0].message
    assert "that is not allowed: 4, 5, 6" in parsed.repairs[0].message
    assert "of another: 3" in parsed.repairs[0].message


def test_a_repair_gives_the_same_ids_every_time_and_a_valid_notebook():
    document = notebook(*[code("same", "same") for _ in range(30)])

    first, second = (parse_notebook(document, "lab.ipynb") for _ in range(2))

    assert first == second
    assert "and 19 more" in first.repairs[0].message
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        nbformat.reads(as_bytes(first.document).decode(), as_version=4)


def test_a_new_id_never_takes_that_of_another_cell():
    made = parse_notebook(notebook(code("x", None)), "lab.ipynb").cells[0]["id"]

    ids = [c["id"] for c in parse_notebook(notebook(code("x", None), code("y", made)), "lab.ipynb").cells]

    assert ids[1] == made
    assert ids[0] != made


def test_the_document_that_was_handed_in_is_not_changed():
    document = notebook(code(["x\n", "y"], None))
    before = as_bytes(document)

    parse_notebook(document, "lab.ipynb")

    assert as_bytes(document) == before


def test_cells_are_numbered_as_the_student_sees_them():
    document = notebook(
        markdown("# Title"),
        parameters('\n# first\noutput_dir = "x"'),
        markdown("more", "more"),
        code("train()", "t", ["exercise-1"]),
    )

    assert describe_cells(parse_notebook(document, "lab.ipynb")) == (
        CodeCell(1, "params", 'output_dir = "x"', ("parameters",)),
        CodeCell(2, "t", "train()", ("exercise-1",)),
    )


def test_a_source_in_lines_is_joined():
    parsed = parse_notebook(notebook(code(["a = 1\n", "b = 2"], "lines")), "lab.ipynb")

    assert parsed.cells[0]["source"] == "a = 1\nb = 2"


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("", ""),
        ("# only\n  # comments", ""),
        ("\n\n  x = 1  \ny", "x = 1"),
        ("print('\x1b[2J')", "print('\\x1b[2J')"),
        ("x" * 100, "x" * 79 + "…"),
    ],
)
def test_a_cell_is_recognised_by_its_first_line_of_code(source, line):
    assert first_line(source) == line
