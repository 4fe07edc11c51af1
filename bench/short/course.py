"""Lays the short lab out as a course of this grader: notebooks of many students, checks, data that nobody has seen."""

import json
import random
import re
import shutil
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
LAB = "short"
_MARK = re.compile(r"^# %% (\S+)$", re.MULTILINE)


def cells() -> list[tuple[str, str]]:
    """Return tag and source of every cell of the notebook."""
    _, *parts = _MARK.split((HERE / "cells.py").read_text("utf-8"))
    return [(tag, source.strip() + "\n") for tag, source in zip(parts[::2], parts[1::2], strict=True)]


def notebook(student: str = "", more: str = "") -> dict[str, Any]:
    """Return the notebook that a student hands in.

    Args:
        student: named in a comment, so that no two notebooks are the same; none when empty.
        more: source of one more cell at the end; none when empty.
    """
    sources = cells() + [
        (tag, text) for tag, text in (("student", student and f"# {student}\n"), ("more", more)) if text
    ]
    return {
        "cells": [code_cell(tag, source, {"tags": [tag]}) for tag, source in sources],
        "metadata": {
            "grader": {"lab": LAB, "version": "1.0.0"},
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def code_cell(name: str, source: str, metadata: dict[str, Any]) -> dict[str, Any]:
    """Return a code cell that was not run."""
    return {
        "cell_type": "code",
        "execution_count": None,
        "id": name,
        "metadata": metadata,
        "outputs": [],
        "source": source,
    }


def write_notebook(path: Path, content: dict[str, Any]) -> Path:
    """Write a notebook, with the folders that it lies in; returns its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def make_course(root: Path) -> Path:
    """Make a course with this one lab.

    Args:
        root: a folder that is not there yet.

    Returns:
        The folder of the course.
    """
    for part in ("labs", "checks"):
        shutil.copytree(HERE / part, root / part, ignore=shutil.ignore_patterns("__pycache__"))
    for place in ("labs", "solutions"):
        write_notebook(root / place / "bench" / "lab-short.ipynb", notebook())
    _write_held_out(root / "checks" / "bench" / "data" / "held_out.parquet")
    return root


def hand_in(folder: Path, students: list[str], more: str = "") -> Path:
    """Make a folder with one notebook for each student, as a class hands in.

    Args:
        folder: where.
        students: their names.
        more: as for `notebook`.

    Returns:
        The folder.
    """
    for student in students:
        write_notebook(folder / student / "lab-short.ipynb", notebook(student, more))
    return folder


def _write_held_out(path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    draw = random.Random(2)
    numbers = [[draw.randrange(100) for _ in range(24)] for _ in range(400)]
    texts = [" ".join(f"w{number}" for number in row) for row in numbers]
    labels = [int(sum(number >= 50 for number in row) > 12) for row in numbers]
    path.parent.mkdir(parents=True)
    pq.write_table(pa.table({"text": texts, "label": labels}), path)
