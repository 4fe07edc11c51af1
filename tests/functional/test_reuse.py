"""What was run and judged is not run and judged again, as people see it."""

import json
import shutil
from pathlib import Path

import pytest

from tests.fakes.small_course import CHECKS, small_course
from tests.functional.test_cli import call

pytestmark = pytest.mark.xdist_group("cli")
SOLUTION = "solutions/module-0/lab-0.1-addition.ipynb"


def grade(course: Path, *arguments: str) -> tuple[dict, str]:
    done = call(course, "grade", SOLUTION, "--json", *arguments)
    assert done.returncode in {0, 1}, done.stderr
    return json.loads(done.stdout), done.stderr


def test_a_class_is_run_once_judged_when_checks_change_and_proved_at_any_time(tmp_path):
    course = small_course(tmp_path / "course")
    first, _ = grade(course)
    runs = course / "runs"

    again = call(course, "grade", SOLUTION)
    assert "Nothing has changed since" in again.stderr
    assert [folder.name for folder in runs.iterdir()] == [first["run_id"]]

    shutil.rmtree(runs)
    assert grade(course)[0] == first
    assert call(course, "verify", first["run_id"]).returncode == 0

    (course / "checks/module-0/test_lab_0_1.py").write_text(CHECKS.replace("tol=0", "tol=-1"))
    judged, _ = grade(course)
    assert (judged["run"], judged["score"]) == (first["run"], 5)
    assert call(course, "verify", first["run_id"]).returncode == 0

    (course / "checks/module-0/test_lab_0_1.py").write_text(CHECKS)
    assert grade(course)[0] == first
    assert call(course, "verify", first["run_id"]).returncode == 0

    other, _ = grade(course, "--set", "left=40")
    assert other["run_id"] != first["run_id"]

    told = call(course, "diff", first["run_id"], other["run_id"])
    assert (told.returncode, "parameter left: 2, then 40" in told.stdout) == (1, True)
    assert json.loads(call(course, "diff", first["run_id"], other["run_id"], "--json").stdout)["score"] is None
    assert "Everything that went in is the same" in call(course, "diff", first["run_id"], first["run_id"]).stdout

    fresh, _ = grade(course, "--fresh")
    assert fresh["run_id"] not in {first["run_id"], other["run_id"]}
    assert fresh["score"] == first["score"]
