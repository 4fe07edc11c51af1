"""Mutants of code change one place between the solution markers, and stay Python."""

import ast
import json
from pathlib import Path

import pytest

from grader.validating.mutants.cells import cell_mutants, code_changes

CELL = """\
# Exercise 1: count
start = 7
### BEGIN SOLUTION
def count(rows):
    total = 2 + len(rows)
    if total > 3:
        total = total * 2
    return sorted(rows, key=len, reverse=True), total, 1 == 2
### END SOLUTION
stop = 8
"""


def notebook(path: Path) -> Path:
    cells = [
        {"cell_type": "markdown", "id": "m", "metadata": {}, "source": "### BEGIN SOLUTION"},
        {"cell_type": "code", "id": "free", "metadata": {}, "source": "x = 1"},
        {"cell_type": "code", "id": "one", "metadata": {"tags": ["exercise-1"]}, "source": CELL},
        {
            "cell_type": "code",
            "id": "two",
            "metadata": {"tags": ["exercise-2"]},
            "source": CELL.splitlines(keepends=True),
        },
    ]
    path.write_text(json.dumps({"cells": cells}), "utf-8")
    return path


@pytest.mark.parametrize(
    "what",
    [
        "5:2 changed", "5:Add for Sub", "6:Gt for LtE", "7:Mult for Add", "8:reverse dropped", "8:True changed",
        "8:Eq for NotEq", "4:step dropped",
    ],
)  # fmt: skip
def test_every_kind_of_change_is_made_once_and_leaves_python(what: str):
    changed = dict(code_changes(CELL))[what]
    ast.parse(changed)
    assert changed != ast.unparse(ast.parse(CELL))


def test_nothing_outside_the_solution_is_changed():
    for _, changed in code_changes(CELL):
        assert changed.startswith("start = 7\n")
        assert changed.endswith("\nstop = 8")


def test_changes_do_not_add_up():
    texts = [changed for _, changed in code_changes(CELL)]
    assert len(set(texts)) == len(texts)
    assert [text for text in texts if "reverse" not in text] == [dict(code_changes(CELL))["8:reverse dropped"]]


def test_mutants_are_spread_over_the_exercises_and_change_one_cell(tmp_path: Path):
    path = notebook(tmp_path / "solution.ipynb")
    before = json.loads(path.read_text())["cells"]
    found = cell_mutants(path, seed=3, most=4)
    assert [one.name.partition(":")[0] for one in found] == ["exercise-1"] * 2 + ["exercise-2"] * 2
    for one in found:
        cells = json.loads(one.notebook)["cells"]
        assert sum(new != old for new, old in zip(cells, before, strict=True)) == 1
    assert found == cell_mutants(path, seed=3, most=4)


def test_a_notebook_has_no_more_mutants_than_changes(tmp_path: Path):
    found = cell_mutants(notebook(tmp_path / "solution.ipynb"), most=1000)
    assert len(found) == 2 * len(dict(code_changes(CELL)))
