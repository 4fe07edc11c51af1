"""A class is graded, graded on, judged again and decided upon by hand, as instructors do it: by commands."""

import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from grader.exchange.gradescope_zip import script_files
from tests.fakes.classes import ANSWERS, call, environment, small_class, start

pytestmark = pytest.mark.xdist_group("batch")


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    made = small_class(tmp_path_factory.mktemp("batch"))
    broken = made.parent / "handed-in" / "eve"
    broken.mkdir()
    (broken / "lab-0.1-addition.ipynb").write_text("<<<<<<< HEAD")
    names = [*ANSWERS, "eve", "zoe"]
    (made.parent / "class.csv").write_text("id,name\n" + "".join(f"{name},{name.title()}\n" for name in names))
    return made


@pytest.fixture(scope="module")
def graded(course):
    """The result of the first batch."""
    return call(course, "batch", "../handed-in", "--roster", "../class.csv", "--workers", "2", "--json")


def points(result):
    return {entry["sid"]: entry["points"] for entry in result["standings"] if entry["state"] == "graded"}


def test_everybody_gets_their_points_whatever_the_others_handed_in(graded):
    assert points(graded) == {name: value for name, (_, value) in ANSWERS.items()}
    assert graded["counts"] == {"graded": 4, "refused": 1, "missing": 1}
    states = {entry["sid"]: (entry["state"], entry["code"]) for entry in graded["standings"]}
    assert (states["eve"], states["zoe"]) == (("refused", "GR301"), ("missing", ""))
    assert (graded["plan"]["kinds"], graded["finished"], graded["exit"]) == (["folder"], True, 0)


def test_the_same_command_again_runs_nothing(course, graded):
    again = call(course, "batch", "../handed-in", "--roster", "../class.csv", "--json")

    assert again["plan"]["keys"] == []
    assert again["standings"] == graded["standings"]


def test_what_counts_as_failure_can_be_chosen(course, graded):
    for what, code in (("nothing", 0), ("unmet", 3)):
        assert call(course, "batch", "../handed-in", "--fail-on", what, "--json", code=code)["exit"] == code
    assert "GR104" in call(course, "batch", "../handed-in", "--fail-on", "rain", code=2)


def test_a_new_attempt_is_graded_alone_and_a_late_one_costs(course, graded, tmp_path):
    archive = tmp_path / "submissions"
    shutil.copytree(course.parent / "handed-in" / "ada", archive / "submitted" / "ben" / "ps1")
    (archive / "submitted" / "ben" / "ps1" / "timestamp.txt").write_text("2999-11-21 13:00:00 UTC\n")
    place = shutil.make_archive(str(archive), "zip", archive)

    result = call(course, "batch", place, "--workers", "1", "--json")
    assert (result["plan"]["kinds"], len(result["plan"]["keys"])) == (["nbgrader"], 1)
    ben = next(entry for entry in result["standings"] if entry["sid"] == "ben")
    assert (ben["raw"], ben["points"], ben["attempts"], ben["late_seconds"]) == (10, 8, 2, 25 * 3600)


def test_decisions_by_hand_are_made_listed_and_revoked(course, graded):
    call(course, "gradebook", "override", "--lab", "0.1", "--student", "ben", "--on-time", "--reason", "He was ill")
    dan = ("--lab", "0.1", "--student", "dan", "--points", "3", "--reason", "Oral", "--json")
    made = call(course, "gradebook", "override", *dan)
    assert made["changed"] == 1
    listed = {entry["sid"]: entry for entry in call(course, "gradebook", "list", "--json")["standings"]}
    assert (listed["ben"]["points"], listed["dan"]["points"]) == (listed["ben"]["raw"], 3)
    assert "4 pages written" in call(course, "gradebook", "pages", "--lab", "0.1")
    assert "Oral" in (course / listed["dan"]["run_folder"] / "report.html").read_text("utf-8")
    assert "He was ill" in call(course, "gradebook", "decisions")

    call(course, "gradebook", "revoke", made["number"], "--reason", "A mistake")
    (dan,) = call(course, "gradebook", "list", "--student", "dan", "--json")["standings"]
    assert dan["points"] == 0
    assert "prof  revoke" in call(course, "gradebook", "events")
    assert "unchanged" in call(course, "gradebook", "events", "--verify")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("override", "--lab", "0.1", "--student", "nobody", "--points", "3", "--reason", "x"), "GR111"),
        (("override", "--lab", "0.1", "--student", "ada", "--reason", "x"), "GR111"),
        (("override", "--lab", "0.1", "--student", "ada", "--points", "3", "--reason", " "), "GR111"),
        (("drop", "test_nothing", "--lab", "0.1", "--reason", "x"), "GR105"),
        (("points", "test_sum", "3", "--lab", "9.9", "--reason", "x"), "GR101"),
    ],
)
def test_decisions_about_nothing_are_refused(course, graded, arguments, code):
    assert code in call(course, "gradebook", *arguments, code=2)


def test_copies_can_be_made(course, graded, tmp_path):
    call(course, "gradebook", "backup", tmp_path / "copy.db")
    assert call(course, "gradebook", "list", "--gradebook", tmp_path / "copy.db", "--json") == call(
        course, "gradebook", "list", "--json"
    )
    assert call(course, "gradebook", "export", tmp_path / "tables", "--json")["rows"]["student"] == 6


def test_changed_checks_judge_again_without_running_and_say_who_gained_and_why(course, graded):
    executed = {path: path.stat().st_mtime_ns for path in (course / "runs").glob("*/executed.ipynb")}
    assert call(course, "regrade", "--lab", "0.1", "--json")["judged"] == 0
    module = course / "checks/module-0/hidden/test_lab_0_1_hidden.py"
    module.write_text(module.read_text().replace('["sum"], int)', '["sum"], int | float)'))

    words = call(course, "regrade", "--lab", "0.1", "--workers", "2")
    assert "0.1  cy  7 to 10 (gained 3)" in words
    assert "test_whole: failed, now passed" in words
    assert "5 judged again: 1 gained, 0 lost, 4 kept their points." in words
    assert executed == {path: path.stat().st_mtime_ns for path in (course / "runs").glob("*/executed.ipynb")}
    assert call(course, "verify", next(iter(executed)).parent.name).endswith("(run and grade).\n")


def test_only_what_a_fault_of_ours_kept_from_points_is_judged_again(course, graded):
    module = course / "checks/module-0/hidden/test_lab_0_1_hidden.py"
    good = module.read_text()
    module.write_text(
        good.replace(
            "assert isinstance",
            "if isinstance(artifacts.json('answer.json')['sum'], float): 1 / 0\n    assert isinstance",
        )
    )
    done = call(course, "regrade", "--json")
    assert [(change["student"], change["after"]) for change in done["changes"]] == [("cy", 7)]
    result = call(course, "batch", "../handed-in", "--json", code=5)
    assert result["plan"]["keys"] == []
    (flag,) = result["flags"]
    assert (flag["code"], flag["students"]) == ("GR501", ["cy"])
    told = call(course, "batch", "../handed-in", "--quiet", code=5)
    assert "GR501" in told
    assert "grader regrade --lab 0.1" in told

    again = call(course, "batch", "../handed-in", "--only-failed", "--limit", "5", "--json", code=5)
    assert len(again["plan"]["keys"]) == 1

    module.write_text(good)
    mended = call(course, "batch", "../handed-in", "--only-failed", "--json")
    assert (len(mended["plan"]["keys"]), mended["flags"]) == (1, [])


def test_an_interrupt_finishes_what_runs_and_the_same_command_goes_on(tmp_path):
    course = small_class(tmp_path, {f"s{number}": "left + right" for number in range(3)})
    process = start(course, "batch", "../handed-in", "--workers", "1")
    first = next(line for line in process.stderr if "1 of 3" in line)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=120)

    assert "graded" in first
    assert process.returncode == 130
    assert "Interrupted. Nothing is lost" in out
    assert "waiting" in out
    assert call(course, "batch", "../handed-in", "--workers", "2", "--json")["counts"] == {"graded": 3}


def test_the_class_is_exported_into_the_instructors_own_file_and_as_tables(course, graded, tmp_path):
    own = tmp_path / "Grades.csv"
    own.write_text(
        "Student,ID,SIS User ID,SIS Login ID,Section,Lab 0.1 (42)\n    Points Possible,,,,,10\n"
        "Ada,7,ada,ada,A,\nZoe,8,zoe,zoe,A,\n"
    )
    words = call(course, "export", "--to", "canvas", "--lab", "0.1", "--fill", own, "--out", tmp_path / "upload.csv")

    assert "1 written" in words
    assert "No grade for (1): Zoe" in words
    assert "Not in the file (3): ben, cy, dan" in words
    assert (tmp_path / "upload.csv").read_text().splitlines()[-1] == "Ada,7,ada,ada,A,10.00"
    assert "the same as last time" in call(course, "export", "--to", "canvas", "--lab", "0.1", "--fill", own)
    assert "0.1,zoe,Zoe,,,missing,0" in call(course, "export", "--batch")
    assert "GR112" in call(course, "export", "--to", "moodle", code=2)
    for name in ("junit", "lti", "nbgrader"):
        assert "ada" in call(course, "export", "--to", name)


def test_a_run_is_exported_without_what_its_student_must_not_read(course, graded, tmp_path, monkeypatch):
    run = next(entry["run_id"] for entry in graded["standings"] if entry["sid"] == "cy")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "")
    outputs = [call(course, "export", "--to", name, run) for name in ("gradescope", "junit", "github", "lti")]

    assert "The sum is a whole number" in outputs[0]
    assert all("secret words" not in output for output in outputs)
    assert outputs[2].startswith("::")
    assert "labs/module-0/lab-0.1-addition.ipynb" in outputs[2]
    for name, code in (("canvas", "GR104"), ("nonsense", "GR104")):
        assert code in call(course, "export", "--to", name, run, code=2)
    assert "GR104" in call(course, "export", "--to", "gradescope", code=2)


def test_gradescopes_scripts_grade_with_the_same_checks(tmp_path):
    course = small_class(tmp_path)
    place = tmp_path / "autograder"
    (place / "submission").mkdir(parents=True)
    (place / "source").symlink_to(course)
    (place / "submission_metadata.json").write_text(json.dumps({"users": [{"email": "ada@example.org", "id": 7}]}))
    notebook = place / "submission" / "mine.ipynb"
    shutil.copy(tmp_path / "handed-in" / "cy" / "lab-0.1-addition.ipynb", notebook)
    script = tmp_path / "run_autograder"
    script.write_bytes(script_files("0.1")["run_autograder"])

    def run():
        own = {"GRADER_AUTOGRADER": str(place), "GRADER_COMMAND": str(Path(sys.executable).with_name("grader"))}
        subprocess.run(["bash", script], env=environment(course) | own, check=True, timeout=120, capture_output=True)
        return json.loads((place / "results" / "results.json").read_text())

    made = run()
    assert (made["score"], [test.get("status") for test in made["tests"]]) == (7, ["passed", "passed", "failed"])
    assert "secret words" not in json.dumps(made)
    notebook.write_text("<<<<")
    assert (run()["score"], run()["output"][:5]) == (0, "GR301")
    (place / "submission" / "second.ipynb").write_text("{}")
    assert run()["output"].startswith("GR110")


def test_the_class_has_a_page_that_links_its_reports(course, graded):
    facts = call(course, "overview", "--lab", "0.1", "--public", "--json")

    assert facts["schema"] == "grader.overview/1"
    assert {entry["student"] for entry in facts["entries"]} >= set(ANSWERS)
    assert ("refused", "eve") in {(one["kind"], one["student"]) for one in facts["attention"]}
    page = (course / "runs" / "class-0.1.html").read_text("utf-8")
    linked = [entry["page"] for entry in facts["entries"] if entry["page"]]
    assert len(linked) >= 4
    assert all((course / "runs" / target).is_file() and f'href="{target}"' in page for target in linked)
    assert "Ada" not in (course / "runs" / "class-0.1-public.html").read_text("utf-8")
    assert "2 pairs" not in call(course, "overview", "--lab", "0.1")
    assert "GR104" in call(course, "overview", "--lab", "0.1", "--threshold", "2", code=2)
