import hashlib

import nbformat
import pytest

from grader.intake.begun import is_begun


@pytest.fixture
def starter(tmp_path):
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell("x = 1\ny = 2"), nbformat.v4.new_markdown_cell("# Hi")]
    )
    cells = {cell.id: hashlib.sha256(cell.source.encode()).hexdigest() for cell in notebook.cells}
    notebook.metadata["grader"] = {"lab": "2.5.4", "version": "1.0.0", "cells": cells}
    path = tmp_path / "starter.ipynb"
    nbformat.write(notebook, path)
    return path


def test_a_released_starter_has_not_been_begun(starter):
    assert not is_begun(starter)


def test_running_a_starter_without_a_change_does_not_begin_it(starter):
    notebook = nbformat.read(starter, as_version=4)
    notebook.cells[0].execution_count = 1
    nbformat.write(notebook, starter)

    assert not is_begun(starter)


def test_a_changed_cell_begins_it(starter):
    notebook = nbformat.read(starter, as_version=4)
    notebook.cells[0].source += "\nz = 3"
    nbformat.write(notebook, starter)

    assert is_begun(starter)


def test_an_added_cell_begins_it(starter):
    notebook = nbformat.read(starter, as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell("z = 3"))
    nbformat.write(notebook, starter)

    assert is_begun(starter)


def test_a_missing_file_has_not_been_begun(tmp_path):
    assert not is_begun(tmp_path / "none.ipynb")


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"cells": []}', '{"metadata": {"grader": {"cells": {}}}, "cells": [1]}']
)
def test_a_damaged_file_counts_as_begun_so_that_intake_explains_it(tmp_path, text):
    path = tmp_path / "n.ipynb"
    path.write_text(text)

    assert is_begun(path)
