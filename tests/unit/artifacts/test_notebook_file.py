"""The executed notebook is read as data, whatever shape it has."""

import json
from pathlib import Path

import pytest

from grader.artifacts.notebook_file import read_executed_cells


def read(tmp_path: Path, document: object):
    (tmp_path / "executed.ipynb").write_text(json.dumps(document))
    return read_executed_cells(tmp_path)


def test_code_cells_come_with_tags_and_text(tmp_path: Path) -> None:
    outputs = [
        {"output_type": "stream", "name": "stdout", "text": ["a\n", "b\n"]},
        {"output_type": "execute_result", "data": {"text/plain": "42", "text/html": "<b>42</b>"}},
        {"output_type": "error", "ename": "ValueError", "traceback": []},
    ]
    cell = {"cell_type": "code", "id": "c1", "metadata": {"tags": ["exercise-1", 3]}, "source": "x", "outputs": outputs}

    (found,) = read(tmp_path, {"cells": [{"cell_type": "markdown", "source": "# A"}, cell]})

    assert (found.id, found.tags, found.source, found.text, found.failed) == (
        "c1",
        ("exercise-1",),
        "x",
        "a\nb\n42",
        True,
    )


@pytest.mark.parametrize("document", [[], {}, {"cells": 3}, {"cells": [3, {}]}])
def test_what_is_no_notebook_has_no_cells(tmp_path: Path, document: object) -> None:
    assert read(tmp_path, document) == ()


def test_a_cell_without_anything_is_empty(tmp_path: Path) -> None:
    (found,) = read(tmp_path, {"cells": [{"cell_type": "code", "outputs": [{}, 3], "source": 5, "metadata": []}]})

    assert (found.id, found.tags, found.source, found.text, found.failed) == ("", (), "", "", False)
