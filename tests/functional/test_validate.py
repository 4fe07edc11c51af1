"""`grader validate` and `grader calibrate` as people call them: as processes, on a small course with cases."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from grader.reporting.schema import STRENGTH_SCHEMA_FILE
from tests.fakes.small_course import small_course

CASE = """\
mistake = "The sum is one too high"
fails = ["test_sum"]

[[edits]]
operator = "shift_json"
path = "answer.json"
key = "sum"
by = 1
"""
RECALIBRATED = """
[calibration.sum]
check = "test_sum"
row = "Sum"
better = "higher"
step = 0.5
wrong = ["one-too-high"]
"""

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("validate"), pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = small_course(tmp_path_factory.mktemp("validate") / "course")
    case = folder / "checks" / "module-0" / "cases" / "0.1" / "one-too-high"
    case.mkdir(parents=True)
    (case / "case.toml").write_text(CASE, "utf-8")
    done = call(folder, "release")
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def proven(course: Path) -> tuple[subprocess.CompletedProcess[str], Path]:
    page = course / "strength.html"
    return call(course, "validate", "0.1", "--seeds", "2", "--full", "--html", page), page


def call(course: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    kept = ("PATH", "HOME", "LANG", "COVERAGE_PROCESS_CONFIG")
    environment = {name: os.environ[name] for name in kept if name in os.environ}
    cache = {"GRADER_CACHE": str(course.parent / "cache"), "GRADER_DATA": str(course.parent / "data")}
    return subprocess.run(
        [sys.executable, "-m", "grader", *map(str, arguments)],
        cwd=course,
        env=environment | cache | {"GRADER_SANDBOX": "process", "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def sabotaged(course: Path, name: str, changes: Mapping[str, tuple[str, str]]) -> Path:
    """A copy of the course in which some text of some files is another."""
    copy = course.parent / name / "course"
    shutil.copytree(course, copy)
    for path, (old, new) in changes.items():
        text = (copy / path).read_text("utf-8")
        assert old in text
        (copy / path).write_text(text.replace(old, new), "utf-8")
    shutil.copytree(course.parent / "cache", copy.parent / "cache")
    return copy


def strength(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    report = json.loads(done.stdout)
    jsonschema.validate(report, json.loads(STRENGTH_SCHEMA_FILE.read_text("utf-8")))
    return report["labs"][0]


@pytest.mark.parametrize("page", [".", "a-file/strength.html"])
def test_a_page_that_cannot_be_written_is_refused_before_anything_is_proven(course: Path, page: str):
    (course / "a-file").write_text("")
    done = call(course, "validate", "0.1", "--html", page)
    assert done.returncode == 2
    assert "GR106" in done.stderr
    assert "judg" not in done.stderr


def test_strong_checks_are_shown_with_what_each_catches(proven: tuple[subprocess.CompletedProcess[str], Path]):
    done, _ = proven
    assert done.returncode == 0, done.stdout + done.stderr
    assert "100.0% caught, bar 90%" in done.stdout
    assert "✓ reference under seed 1: 10 of 10" in done.stdout
    assert "✓ starter: 0 of 0" in done.stdout
    assert "✓ half-done: 0 of 0" in done.stdout
    rows = {line.split()[0]: line.split()[-3:] for line in done.stdout.splitlines() if line.startswith("test_")}
    assert rows["test_sum"][0] == "1"
    assert int(rows["test_sum"][1]) >= 3


def test_the_page_needs_nothing_else(proven: tuple[subprocess.CompletedProcess[str], Path]):
    page = proven[1].read_text("utf-8")
    assert "one-too-high" in page
    assert "answer.json:sum:times 1.5" in page
    assert "exercise-1:5:Add for Sub" in page
    assert "<script" not in page
    assert "http" not in page.replace("http-equiv", "")


@pytest.mark.usefixtures("proven")
def test_a_check_that_cannot_fail_is_reported(course: Path):
    claim = 'evidence.agrees("Sum", '
    blind = sabotaged(
        course, "blind", {"checks/module-0/test_lab_0_1.py": (claim, "evidence.note('Sum', claimed); dict(")}
    )
    done = call(blind, "validate", "0.1", "--json")
    assert done.returncode == 1, done.stdout + done.stderr
    lab = strength(done)
    assert "one-too-high: test_sum: passed, but it must not be met" in lab["problems"]
    survived = [trial["name"] for trial in lab["trials"] if trial["outcome"] == "survived"]
    assert "answer.json:sum:times 10" in survived
    assert lab["strength"] < 0.9
    assert {check["id"]: check["alone"] for check in lab["checks"]}["test_sum"] == 0


@pytest.mark.usefixtures("proven")
def test_a_reference_that_does_not_earn_everything_fails_and_no_case_is_judged(course: Path):
    notebook = "solutions/module-0/lab-0.1-addition.ipynb"
    broken = sabotaged(course, "broken", {notebook: ("left + right", "left - right")})
    done = call(broken, "validate", "--all", "--cases-only", "--json")
    assert done.returncode == 1, done.stdout + done.stderr
    lab = strength(done)
    assert lab["trials"] == []
    assert lab["strength"] is None
    assert any(problem.startswith("The reference: test_sum is not met: Sum: ") for problem in lab["problems"])


@pytest.mark.usefixtures("proven")
def test_thresholds_come_from_the_reference_and_hand_written_notes_stay(course: Path):
    changes = {
        "labs/module-0/lab-0.1.toml": ("[[exercises]]", f"{RECALIBRATED}\n[[exercises]]"),
        # what the claim is compared with is the claim itself, so that the case moves what is measured
        "checks/module-0/test_lab_0_1.py": ('run.parameters["left"] + run.parameters["right"]', "claimed"),
    }
    other = sabotaged(course, "calibrated", changes)
    path = other / "labs" / "module-0" / "calibration-0.1.json"
    path.write_text(json.dumps({"what": "by hand", "thresholds": {"sum": {"goal": 4, "note": "kept"}}}), "utf-8")
    dry = call(other, "calibrate", "0.1", "--seeds", "2", "--dry-run")
    assert "4 → 5" in dry.stdout, dry.stdout + dry.stderr
    assert json.loads(path.read_text("utf-8"))["thresholds"]["sum"]["goal"] == 4
    # one more than the reference is "better" here: the rule must say that the two cannot be told apart
    assert dry.returncode == 1
    assert "too near" in dry.stdout
    done = call(other, "calibrate", "0.1", "--seeds", "2", "--json")
    after = json.loads(path.read_text("utf-8"))
    assert json.loads(done.stdout)["calibration"] == after
    assert after["what"] == "by hand"
    assert after["reference"]["sum"] == {
        "values": [5, 5],
        "mean": 5,
        "spread": 0,
        "margin": 0,
        "wrong": {"one-too-high": 6},
    }
    assert after["thresholds"]["sum"] == {"goal": 5, "note": "kept", "floor": 5.5}
    assert set(after["versions"]) >= {"python", "torch", "grader"}


def test_no_lab_is_no_call(course: Path):
    done = call(course, "validate")
    assert done.returncode == 2
    assert "--all" in done.stderr
