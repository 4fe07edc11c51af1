"""A class of lab 2.5.4 in a gradebook, with run folders, made without running anything."""

import contextlib
import datetime as dt
import json
import shutil
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path

from grader.gradebook.records import Handin, JudgedRun, Person
from grader.model.artifact import ArtifactFile
from grader.model.files import write_json
from grader.settings import read_settings
from grader.wiring.classroom import Classroom
from tests.fakes import grades

ROOT = Path(__file__).parents[2]
NOW = dt.datetime(2026, 11, 20, tzinfo=dt.UTC)


@contextlib.contextmanager
def classroom_in(folder: Path) -> Generator[Classroom]:
    """A classroom of this course's labs, in a folder of the test's."""
    for name in ("labs", "checks", "solutions"):
        shutil.copytree(ROOT / name, folder / name)
    settings = replace(read_settings(folder, {}), cache=folder / "cache", data=folder / "data")
    settings.runs.mkdir()
    opened = Classroom(settings)
    opened.book.keep_course(opened.labs)
    yield opened
    opened.close()


def hand_in(classroom: Classroom, student: str, code: str, weights=None, *, grade=None, name: str = "") -> None:
    """Put a graded run of lab 2.5.4 into the book, with its folder."""
    folder = classroom.settings.runs / f"2.5.4-{student}"
    (folder / "artifacts" / "model").mkdir(parents=True)
    cells = [{"cell_type": "code", "source": code}]
    (folder / "submission.ipynb").write_text(json.dumps({"cells": cells}))
    (folder / "report.html").write_text("page")
    files = ()
    if weights is not None:
        from safetensors.torch import save_file

        save_file(weights, folder / "artifacts" / "model" / "model.safetensors")
        files = (ArtifactFile("model/model.safetensors", 1, f"{student:0<64}"),)
    grade = grade or grades.perfect()
    run = replace(grade.run, run_id=folder.name)
    manifest = replace(grade.manifest, files=files)
    write_json(folder / "manifest.json", replace(manifest, run_id=folder.name))
    grade = replace(grade, run_id=folder.name, run=run, manifest=manifest)
    number = classroom.book.hand_in(Person(student, name or student.title()), Handin(student, student, NOW, "2.5.4"))
    judged = JudgedRun(number, f"exec-{student}", f"judge-{student}", {}, grade, str(folder))
    with classroom.book.engine.begin() as connection:
        classroom.book.recorder(judged)(connection)
