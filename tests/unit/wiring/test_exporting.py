"""Exports of runs and classes, and what is told when they cannot be made."""

import json
from dataclasses import replace

import pytest

from grader.errors import GraderError
from grader.model.files import write_json
from grader.settings import read_settings
from grader.wiring.classroom import Classroom
from grader.wiring.exporting import export_class, export_runs, grade_for_gradescope
from grader.wiring.workshop import Workshop
from tests.fakes.course import a_grade, a_lab
from tests.fakes.small_course import small_course


@pytest.fixture
def settings(tmp_path):
    course = small_course(tmp_path / "course")
    own = {"GRADER_CACHE": str(tmp_path / "cache"), "GRADER_DATA": str(tmp_path / "data")}
    return replace(read_settings(course, own), actor="prof")


@pytest.fixture
def run(settings, tmp_path):
    grade = a_grade(a_lab(tmp_path))
    folder = settings.runs / grade.run_id
    folder.mkdir(parents=True)
    write_json(folder / "grade.json", grade)
    write_json(folder / "submission.json", grade.submission)
    return folder


def code_of(call, *arguments):
    with pytest.raises(GraderError) as caught:
        call(*arguments)
    return caught.value.code


def test_the_summary_of_a_job_is_added_to_where_there_is_one(settings, run, tmp_path, monkeypatch):
    summary = tmp_path / "summary.md"
    summary.write_text("before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))

    done = export_runs(Workshop(settings), "github", [run])
    assert done.content.decode().startswith("::notice file=labs/module-0/lab-0.1-addition.ipynb,title=Lab 0.1%3A 10")
    assert summary.read_text().startswith("before\n#")


def test_formats_of_one_run_take_one(settings, run):
    workshop = Workshop(settings)

    assert export_runs(workshop, "junit", [run, run]).rows == 2
    assert code_of(export_runs, workshop, "gradescope", [run, run]) == "GR104"
    assert json.loads(export_runs(workshop, "lti", [run], staff=True).content)["userId"] == "ada"


@pytest.mark.parametrize(
    ("asked", "code"),
    [(("csv", "9.9"), "GR101"), (("github", None), "GR104"), (("canvas", None), "GR112")],
)
def test_what_cannot_be_exported_is_told(settings, tmp_path, asked, code):
    classroom = Classroom(settings)
    try:
        assert code_of(export_class, classroom, *asked, tmp_path / "nowhere.csv") == code
    finally:
        classroom.close()


@pytest.mark.parametrize("users", ["", "[]", '{"users": []}', '{"users": [7]}'])
def test_gradescope_gets_a_result_whatever_it_hands_over(settings, tmp_path, users):
    place = tmp_path / "autograder"
    (place / "submission").mkdir(parents=True)
    (place / "submission_metadata.json").write_text(users)
    (place / "submission" / "lab.ipynb").write_text("<<<<")

    assert grade_for_gradescope(settings, place, None) == 0
    assert json.loads((place / "results" / "results.json").read_text())["output"].startswith("GR301")


def test_gradescope_gets_a_result_when_nothing_was_handed_in(settings, tmp_path):
    assert grade_for_gradescope(settings, tmp_path / "empty", "0.1") == 0
    assert "GR110" in (tmp_path / "empty" / "results" / "results.json").read_text()


def test_a_place_that_cannot_be_written_is_our_fault(settings, tmp_path):
    (tmp_path / "file").write_text("")

    assert code_of(grade_for_gradescope, settings, tmp_path / "file", None) == "GR507"


def test_copies_that_cannot_be_written_are_told(settings, tmp_path):
    (tmp_path / "file").write_text("")
    classroom = Classroom(settings)
    try:
        assert code_of(classroom.back_up, tmp_path / "file" / "copy.db") == "GR507"
        assert code_of(classroom.write_parquet, tmp_path / "file") == "GR507"
    finally:
        classroom.close()
