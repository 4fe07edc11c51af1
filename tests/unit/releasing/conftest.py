"""A small lab and notebooks to release."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest

from grader.model.lab import Exercise, Lab
from tests.fakes.labs import make_lab


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return make_lab(
        "9.1",
        version="1.2.3",
        slug="lab-9.1-small",
        exercises=(Exercise("exercise-1", "Add two numbers", ("test_sum",)),),
        starter=tmp_path / "starter.ipynb",
        solution=tmp_path / "solution.ipynb",
    )


def code(source: str, cell_id: str, *tags: str, **metadata: Any) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "id": cell_id,
        "metadata": {"tags": list(tags), **metadata},
        "source": source,
        "execution_count": 7,
        "outputs": [{"output_type": "stream", "name": "stdout", "text": "secret answer 42"}],
    }


def markdown(source: str, cell_id: str, *tags: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "id": cell_id, "metadata": {"tags": list(tags)}, "source": source}


SOLVED = code(
    "# Exercise 1: add the numbers\n"
    "def total(a, b):\n"
    "    ### BEGIN SOLUTION\n"
    "    result = a + b\n"
    "\n"
    "    return result\n"
    "    ### END SOLUTION\n"
    "print(total(1, 2))",
    "add",
    "exercise-1",
    execution={"iopub": "2026-01-01"},
)
PARAMETERS = code("seed = 0", "parameters", "parameters")


@pytest.fixture
def write(lab: Lab) -> Callable[..., Path]:
    def write_cells(*cells: dict[str, Any], minor: int = 5, **metadata: Any) -> Path:
        notebook = {"cells": list(cells), "metadata": metadata, "nbformat": 4, "nbformat_minor": minor}
        lab.solution.write_text(nbformat.writes(nbformat.from_dict(notebook)), "utf-8")
        return lab.solution

    return write_cells
