"""Writes a whole course with one small lab to disk: no model, no data, one visible and one hidden check."""

import json
from pathlib import Path

import nbformat

LAB_TOML = """\
id = "0.1"
title = "Add two numbers"
version = "1.0.0"
notebook = "lab-0.1-addition"
minutes = 5
points = 10
parameters = ["output_dir", "seed", "student_id", "device", "profile", "left", "right"]

[hub]
models = []
datasets = []

[profiles.miniature]
parameters = { left = 2, right = 3 }
limits = { wall_seconds = 60 }

[profiles.smoke]
parameters = { left = 1, right = 1 }
limits = { wall_seconds = 3 }

[[artifacts]]
path = "answer.json"
kind = "json"
description = "The sum"

[[exercises]]
id = "exercise-1"
title = "Add"
checks = ["test_answer", "test_sum"]

[checks]
modules = ["test_lab_0_1.py"]
hidden = ["hidden/test_lab_0_1_hidden.py"]
"""

CHECKS = '''\
"""Checks of the small lab."""

from grader.checking.api import check


@check(points=2, cell="exercise-1")
def test_answer(artifacts):
    """The notebook writes answer.json with a sum"""
    artifacts.json("answer.json").number("sum")


@check(points=5, cell="exercise-1", needs=[test_answer], hint="Add the parameters, not the defaults.")
def test_sum(artifacts, run, evidence):
    """The sum is the sum of the two parameters"""
    claimed = artifacts.json("answer.json").number("sum")
    evidence.agrees("Sum", claimed=claimed, measured=run.parameters["left"] + run.parameters["right"], tol=0)
'''

HIDDEN = '''\
"""A hidden check of the small lab."""

from grader.checking.api import check


@check(points=3, reveal="title", needs=["test_answer"])
def test_whole(artifacts):
    """The sum is a whole number"""
    assert isinstance(artifacts.json("answer.json")["sum"], int), "secret words of a hidden check"
'''

PARAMETERS = (
    'output_dir = "artifacts"\nseed = 0\nstudent_id = "me"\ndevice = "cpu"\nprofile = "miniature"\nleft = 2\nright = 3'
)

SOLUTION = """\
# Exercise 1: add the two parameters
import json
from pathlib import Path
### BEGIN SOLUTION
answer = left + right
### END SOLUTION
Path(output_dir).mkdir(exist_ok=True)
Path(output_dir, "answer.json").write_text(json.dumps({"sum": answer}))
"""


def small_course(root: Path) -> Path:
    """Write the course and return its folder.

    Args:
        root: a folder that does not exist yet.
    """
    for folder in ("labs/module-0", "solutions/module-0", "checks/module-0/hidden"):
        (root / folder).mkdir(parents=True)
    (root / "labs/module-0/lab-0.1.toml").write_text(LAB_TOML)
    (root / "checks/module-0/test_lab_0_1.py").write_text(CHECKS)
    (root / "checks/module-0/hidden/test_lab_0_1_hidden.py").write_text(HIDDEN)
    write_notebook(root / "solutions/module-0/lab-0.1-addition.ipynb", SOLUTION)
    return root


def write_notebook(path: Path, exercise: str) -> Path:
    """Write a notebook of the small lab with this code as its exercise."""
    cells = [
        nbformat.v4.new_markdown_cell("# Add two numbers", id="title"),
        nbformat.v4.new_code_cell(PARAMETERS, id="parameters", metadata={"tags": ["parameters"]}),
        nbformat.v4.new_code_cell(exercise, id="exercise-1", metadata={"tags": ["exercise-1"]}),
    ]
    notebook = nbformat.v4.new_notebook(cells=cells, metadata={"grader": {"lab": "0.1", "version": "1.0.0"}})
    path.write_text(json.dumps(notebook))
    return path


def answering(expression: str) -> str:
    """Return the exercise with this expression as the answer."""
    return SOLUTION.replace("left + right", expression)
