import pytest

from grader import __version__
from grader.errors import InternalFault
from grader.grading import exit_code, make_grade, make_stamp
from grader.model.files import read_json, write_json
from grader.model.grade import Adjustment, Grade
from grader.model.run import RunStatus, SandboxStamp
from grader.model.verdict import VerdictStatus
from tests.fakes import grade_parts as grades
from tests.fakes.labs import make_lab

PASSED, PARTLY, FAILED, NOT_JUDGED, OUR_FAULT = VerdictStatus


def grade_of(*verdicts, run=None, **changes):
    return make_grade(
        grades.make_submission(),
        make_lab(points=10.0, bonus=2.0),
        run or grades.make_run(),
        grades.make_manifest(),
        grades.make_verdicts(*verdicts),
        stamp=grades.make_stamp(),
        **changes,
    )


def test_a_grade_holds_everything_that_a_page_shows():
    verdicts = (grades.make_verdict(PASSED, 4), grades.make_verdict(PASSED, 3, bonus=True))
    late = Adjustment("late", -1, "rule", "2026-01-01", "one day")

    grade = grade_of(*verdicts, adjustments=[late], graded="2026-01-02T00:00:00+00:00")

    assert grade.run_id == grades.RUN_ID
    assert (grade.score, grade.possible, grade.total, grade.bonus) == (5.0, 4.0, 10.0, 2.0)
    assert grade.verdicts == verdicts
    assert grade.adjustments == (late,)
    assert grade.counts["passed"] == 2
    assert (grade.lab.id, grade.lab.version, grade.lab.checks_sha256) == ("2.5.4", "1.0.0", "c" * 64)
    assert (grade.lab.points, grade.lab.bonus) == (10.0, 2.0)
    assert grade.graded == "2026-01-02T00:00:00+00:00"
    assert grade.schema == "grader.grade/1"


def test_a_grade_survives_its_file(tmp_path):
    grade = grade_of(grades.make_verdict(PARTLY, 4, 0.3), grades.make_verdict(OUR_FAULT))

    write_json(tmp_path / "grade.json", grade)

    assert read_json(tmp_path / "grade.json", Grade) == grade


def test_files_of_different_runs_are_not_graded_together():
    with pytest.raises(InternalFault) as caught:
        grade_of(run=grades.make_run(run_id="2.5.4-ffffff"))

    assert caught.value.code == "GR510"
    assert "run.json 2.5.4-ffffff" in caught.value.message


def test_the_flags_of_a_run_are_in_its_grade():
    grade = grade_of(grades.make_verdict(OUR_FAULT))

    assert [flag.code for flag in grade.flags] == ["GR501"]


def test_a_stamp_says_how_to_do_it_again_and_where_to_find_it():
    run = grades.make_run(sandbox=SandboxStamp("process", official=False), device="cuda")

    stamp = make_stamp(grades.make_submission(), run)

    assert stamp.command == "grader grade submission.ipynb --lab 2.5.4 --student ada --profile miniature --seed 7"
    assert stamp.appeal == "GR-2.5.4-9f3c1a"
    assert stamp.grader_version == __version__
    assert (stamp.versions, stamp.device, stamp.hub_snapshot) == ({"python": "3.11.7"}, "cuda", "abc123")
    assert not stamp.sandboxed


def test_a_run_without_a_hub_has_an_empty_snapshot():
    assert make_stamp(grades.make_submission(), grades.make_run(hub={})).hub_snapshot == ""


@pytest.mark.parametrize(
    ("verdicts", "code"),
    [
        pytest.param([grades.make_verdict(PASSED)], 0, id="all met"),
        pytest.param([grades.make_verdict(PASSED), grades.make_verdict(FAILED)], 1, id="one not met"),
        pytest.param([grades.make_verdict(PARTLY, 1, 0.5)], 1, id="one partly met"),
        pytest.param([grades.make_verdict(NOT_JUDGED, 1, 0.0)], 1, id="one waits for a failed one"),
        pytest.param([grades.make_verdict(PASSED), grades.make_verdict(FAILED, bonus=True)], 0, id="bonus not met"),
        pytest.param([grades.make_verdict(PASSED), grades.make_verdict(NOT_JUDGED)], 0, id="one needs a GPU"),
        pytest.param([grades.make_verdict(NOT_JUDGED)], 6, id="all need a GPU"),
        pytest.param([grades.make_verdict(FAILED), grades.make_verdict(OUR_FAULT)], 5, id="our fault"),
        pytest.param([], 0, id="no checks"),
    ],
)
def test_verdicts_decide_the_exit_code(verdicts, code):
    assert exit_code(grade_of(*verdicts)) == code


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (RunStatus.COMPLETED, 0),
        (RunStatus.CELL_FAILED, 1),
        (RunStatus.NOT_ATTEMPTED, 1),
        (RunStatus.STOPPED, 4),
        (RunStatus.KERNEL_DIED, 4),
        (RunStatus.OUR_FAULT, 5),
        (RunStatus.INTERRUPTED, 130),
    ],
)
def test_the_end_of_the_run_decides_the_exit_code(status, code):
    assert exit_code(grade_of(grades.make_verdict(PASSED), run=grades.make_run(status=status))) == code


def test_a_fault_of_ours_counts_more_than_a_stopped_run():
    run = grades.make_run(status=RunStatus.STOPPED, code="GR401")

    assert exit_code(grade_of(grades.make_verdict(OUR_FAULT), run=run)) == 5
