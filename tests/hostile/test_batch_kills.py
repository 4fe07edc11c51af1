"""Processes of a batch are killed at random, again and again: nothing is lost, and nothing is graded twice."""

import os
import random
import subprocess

import psutil
import pytest

from tests.fakes.classes import call, small_class, start
from tests.fakes.recorded import assert_nobody_is_left, assert_nothing_twice

pytestmark = [pytest.mark.xdist_group("batch"), pytest.mark.slow]

KILLS = int(os.environ.get("GRADER_CHAOS_KILLS", "5"))
#: So many that the last one is graded about when the last kill falls.
STUDENTS = max(6, KILLS // 2)
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
                process.wait(dice.uniform(0.3, 2.0))
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
    assert_nothing_twice(course, STUDENTS)
    assert_nobody_is_left(course)
