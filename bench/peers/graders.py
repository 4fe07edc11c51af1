"""The other graders: each is given the same notebook and checks in its own form, and run by its own command."""

import ast
import json
import os
import shutil
import sqlite3
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.short.course import HERE, code_cell, notebook, write_notebook

_NAME = "lab-short"


def parts() -> tuple[str, dict[str, str]]:
    """Return what the plain checks share, and the source of each, by name."""
    text = (HERE / "test_plain.py").read_text("utf-8")
    found = [node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef) and node.name[:5] == "test_"]
    lines = text.splitlines()
    shared = "\n".join(lines[: found[0].lineno - 1]).strip() + "\n"
    return shared, {node.name: "\n".join(lines[node.lineno - 1 : node.end_lineno]) + "\n" for node in found}


class Peer(ABC):
    """One grader in one folder of its own."""

    def __init__(self, programs: Path, folder: Path) -> None:
        """Use the programs of its environment, in a folder that is not there yet."""
        self.programs = programs
        self.folder = folder
        folder.mkdir(parents=True)

    @abstractmethod
    def prepare(self, students: Sequence[str], more: str = "") -> None:
        """Lay out what students have handed in, and do what is done once for a class.

        Args:
            students: their names.
            more: source of one more cell at the end of their notebooks.
        """

    @abstractmethod
    def grade(self, student: str) -> None:
        """Grade one submission by the commands that people give."""

    @abstractmethod
    def passed(self, student: str) -> int:
        """Return how many of the six checks were met."""

    def call(self, *command: str, cwd: Path) -> None:
        """Run a program of its environment to its end; what it prints goes into a log."""
        with (self.folder / "log").open("ab") as log:
            argv = [str(self.programs / command[0]), *command[1:]]
            subprocess.run(argv, cwd=cwd, env=self._environment(), stdout=log, stderr=log, check=False)

    def _environment(self) -> dict[str, str]:
        home = self.folder / "home"
        home.mkdir(exist_ok=True)
        one = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
        quiet = {"TOKENIZERS_PARALLELISM": "false", "HF_HUB_OFFLINE": "1", "JUPYTER_PREFER_ENV_PATH": "1"}
        path = os.pathsep.join([str(self.programs), os.environ["PATH"]])
        return {"PATH": path, "HOME": str(home), "LANG": "C.UTF-8", **one, **quiet}


class PapermillAndPytest(Peer):
    """Two commands: run the notebook, then test what it left."""

    def prepare(self, students: Sequence[str], more: str = "") -> None:
        for student in students:
            write_notebook(self.folder / student / f"{_NAME}.ipynb", notebook(student, more))
            shutil.copy(HERE / "test_plain.py", self.folder / student / "test_plain.py")

    def grade(self, student: str) -> None:
        here = self.folder / student
        given = ("-p", "student_id", student, "-p", "steps", "100")
        self.call("papermill", f"{_NAME}.ipynb", "executed.ipynb", "--no-progress-bar", *given, cwd=here)
        self.call("pytest", "-q", "-p", "no:cacheprovider", "--junitxml", "junit.xml", "test_plain.py", cwd=here)

    def passed(self, student: str) -> int:
        text = (self.folder / student / "junit.xml").read_text("utf-8")
        return text.count("<testcase ") - text.count("<failure ") - text.count("<error ")


class Nbgrader(Peer):
    """The checks are cells of the notebook; grades go into its database."""

    def prepare(self, students: Sequence[str], more: str = "") -> None:
        (self.folder / "nbgrader_config.py").write_text("c = get_config()\nc.CourseDirectory.course_id = 'bench'\n")
        write_notebook(self.folder / "source" / "short" / f"{_NAME}.ipynb", with_test_cells(notebook("", more)))
        self.call("nbgrader", "generate_assignment", "short", cwd=self.folder)
        for student in students:
            place = self.folder / "submitted" / student / "short"
            shutil.copytree(self.folder / "release" / "short", place)

    def grade(self, student: str) -> None:
        self.call("nbgrader", "autograde", "short", "--student", student, cwd=self.folder)

    def passed(self, student: str) -> int:
        query = """SELECT COUNT(*) FROM grade
            JOIN submitted_notebook ON grade.notebook_id = submitted_notebook.id
            JOIN submitted_assignment ON submitted_notebook.assignment_id = submitted_assignment.id
            WHERE submitted_assignment.student_id = ? AND grade.auto_score = 1"""
        with sqlite3.connect(self.folder / "gradebook.db") as book:
            return int(book.execute(query, (student,)).fetchone()[0])


def with_test_cells(content: dict[str, Any]) -> dict[str, Any]:
    """Return a notebook with the plain checks in cells at its end, as an instructor of nbgrader writes them."""
    shared, tests = parts()
    common: dict[str, Any] = {"locked": True, "schema_version": 3, "solution": False, "task": False}
    helpers = code_cell("helpers", shared, {"nbgrader": {**common, "grade": False, "grade_id": "helpers"}})
    graded = [
        code_cell(name, f"{source}{name}()\n", {"nbgrader": {**common, "grade": True, "grade_id": name, "points": 1}})
        for name, source in tests.items()
    ]
    return {**content, "cells": [*content["cells"], helpers, *graded]}


class Otter(Peer):
    """The checks are a file of test cases, packed once; they run in the kernel of the notebook."""

    def prepare(self, students: Sequence[str], more: str = "") -> None:
        shared, tests = parts()
        cases = "\n".join(f"@test_case(points=1)\n{source}" for source in tests.values())
        head = 'OK_FORMAT = False\nfrom otter.test_files import test_case\nname = "short"\npoints = None\n'
        (self.folder / "tests").mkdir()
        (self.folder / "tests" / "short.py").write_text(f"{head}{shared}\n{cases}", encoding="utf-8")
        self.call("otter", "generate", "-t", "tests", "-o", "autograder.zip", "--no-environment", cwd=self.folder)
        for student in students:
            write_notebook(self.folder / student / f"{_NAME}.ipynb", notebook(student, more))

    def grade(self, student: str) -> None:
        given = ("-a", "../autograder.zip", "-o", "out", "--no-logo")
        (self.folder / student / "out").mkdir()
        self.call("otter", "run", f"{_NAME}.ipynb", *given, cwd=self.folder / student)

    def passed(self, student: str) -> int:
        results = json.loads((self.folder / student / "out" / "results.json").read_text("utf-8"))
        return sum(int(entry.get("score", 0)) for entry in results["tests"])


#: By the names of `environments.PEERS`.
GRADERS: dict[str, type[Peer]] = {
    "papermill + pytest": PapermillAndPytest,
    "nbgrader autograde": Nbgrader,
    "otter run": Otter,
}
