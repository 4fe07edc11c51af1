"""Facts that hold after a batch whatever was killed while it ran."""

import re
import time

import psutil
import pytest
import sqlalchemy as sa

from grader.gradebook.book import open_gradebook
from grader.gradebook.database import reading
from grader.gradebook.records import unpack
from grader.gradebook.tables import execution, grade, judgement, result
from grader.grading.project import project
from grader.model.files import read_json
from grader.model.grade import Grade


def assert_nothing_twice(course, students):
    """What is in the gradebook, in the folder for runs and in the logs is there once for each student."""
    book = open_gradebook(str(course / "runs" / "gradebook.db"), "test", project)
    with reading(book.engine) as connection:
        for table in (result, execution, judgement, grade):
            assert connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one() == students
        assert connection.execute(sa.text("PRAGMA integrity_check")).scalar_one() == "ok"
        rows = connection.execute(
            sa.select(execution.c.run_folder, judgement.c.document).join(
                judgement, judgement.c.execution_id == execution.c.id
            )
        ).all()
    assert book.verify() == students
    book.close()
    for folder, document in rows:  # what was recorded is what is on the disk: it was not graded again afterwards
        assert read_json(course / folder / "grade.json", Grade) == unpack(document)
    folders = [path for path in (course / "runs").iterdir() if not path.name.startswith((".", "gradebook"))]
    assert len(folders) == students
    for log in (course / "runs" / ".spool").glob("*.log"):
        if log.stem == "host":  # of the process that forks workers
            continue
        words = log.read_text()
        assert len(re.findall(r"^graded by", words, re.MULTILINE)) <= 1, words
        assert re.search(r"^(graded|taken over) by", words, re.MULTILINE), words


def assert_nobody_is_left(course):
    """No process of a course is left, or it ends by itself."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        left = [
            p.info for p in psutil.process_iter(["pid", "cmdline"]) if str(course) in " ".join(p.info["cmdline"] or ())
        ]
        if not left:
            return
    pytest.fail(f"still running: {left}")
