"""Processes of a batch are killed at random, again and again: nothing is lost, and nothing is graded twice."""

import os
import random
import re
import subprocess
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
from tests.fakes.classes import call, small_class, start

pytestmark = [pytest.mark.xdist_group("batch"), pytest.mark.slow]

KILLS = int(os.environ.get("GRADER_CHAOS_KILLS", "5"))
#: So many that the last one is graded about when the last kill falls.
STUDENTS = max(4, KILLS // 8)
COMMAND = ("batch", "../handed-in", "--workers", "2", "--json")


def tree(process):
    """The process and everything that it has started, however deep."""
    try:
        return [process, *psutil.Process(process.pid).children(recursive=True)]
    except psutil.NoSuchProcess:
        return [process]


def kill_one(process, dice):
    """Kill one process of the tree, or the whole tree at once; returns whether one was killed."""
    try:
        found = tree(process)
        for victim in found if dice.random() < 0.1 else [dice.choice(found)]:
            victim.kill()
    except psutil.NoSuchProcess:
        return False
    return True


def test_kills_at_random_lose_nothing_and_double_nothing(tmp_path):
    course = small_class(tmp_path, {f"s{number:02}": f"left + right + {number}" for number in range(STUDENTS)})
    dice = random.Random(20261125)
    kills = starts = 0
    while kills < KILLS:
        process = start(course, *COMMAND)
        starts += 1
        while process.poll() is None and kills < KILLS:
            try:
                process.wait(dice.uniform(0.5, 4.0))
            except subprocess.TimeoutExpired:
                kills += kill_one(process, dice)
        if kills < KILLS and process.poll() == 0:
            break  # all is graded: there is nothing left to disturb
        process.kill()
        process.communicate()
    done = call(course, *COMMAND, timeout=1200)
    print(f"{kills} kills, {starts} starts, {STUDENTS} submissions")

    assert kills >= KILLS // 2
    assert done["counts"] == {"graded": STUDENTS}
    for entry in done["standings"]:  # a kernel that was killed twice is taken for the notebook's own doing
        if entry["code"] != "GR407":
            assert (entry["code"], entry["points"], entry["possible"]) == ("", 10 if entry["sid"] == "s00" else 5, 10)
    assert_nothing_twice(course)
    assert_nobody_is_left(course)


def assert_nothing_twice(course):
    book = open_gradebook(str(course / "runs" / "gradebook.db"), "test", project)
    with reading(book.engine) as connection:
        for table in (result, execution, judgement, grade):
            assert connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one() == STUDENTS
        assert connection.execute(sa.text("PRAGMA integrity_check")).scalar_one() == "ok"
        rows = connection.execute(
            sa.select(execution.c.run_folder, judgement.c.document).join(
                judgement, judgement.c.execution_id == execution.c.id
            )
        ).all()
    assert book.verify() == STUDENTS
    book.close()
    for folder, document in rows:  # what was recorded is what is on the disk: it was not graded again afterwards
        assert read_json(course / folder / "grade.json", Grade) == unpack(document)
    folders = [path for path in (course / "runs").iterdir() if not path.name.startswith((".", "gradebook"))]
    assert len(folders) == STUDENTS
    for log in (course / "runs" / ".spool").glob("*.log"):
        words = log.read_text()
        assert len(re.findall(r"^graded by", words, re.MULTILINE)) <= 1, words
        assert re.search(r"^(graded|taken over) by", words, re.MULTILINE), words


def assert_nobody_is_left(course):
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        left = [
            p.info for p in psutil.process_iter(["pid", "cmdline"]) if str(course) in " ".join(p.info["cmdline"] or ())
        ]
        if not left:
            return
    pytest.fail(f"still running: {left}")
