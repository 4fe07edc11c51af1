"""Grades are projected from what the checks found and what people decided."""

import datetime as dt

import pytest

from grader.grading.project import project
from grader.model.decision import Decision
from grader.model.lab import LatePolicy
from tests.fakes.course import NOW, a_grade, a_lab, a_verdict

RECEIVED = dt.datetime.fromisoformat(NOW)
ON_TIME = LatePolicy()
LATE = LatePolicy(due=(RECEIVED - dt.timedelta(hours=1)).isoformat(), penalty_per_day=20)


@pytest.fixture
def grade(tmp_path):
    """5 of 10: the first check is met, the second not."""
    return a_grade(a_lab(tmp_path), score=5, verdicts=(a_verdict("test_one"), a_verdict("test_two", "failed")))


def decided(kind, points=None, check="", reason="Because."):
    return Decision(kind, "0.1", reason, "prof", "ada", check, points, NOW)


def figures(grade):
    return grade.score, grade.possible, grade.total


def test_without_decisions_a_grade_stays_as_it_is(grade):
    made = project(grade, ON_TIME, RECEIVED, [])

    assert figures(made) == (5, 10, 10)
    assert made.adjustments == ()


def test_lateness_is_taken_and_a_person_can_wave_it(grade):
    assert figures(project(grade, LATE, RECEIVED, [])) == (3, 10, 10)
    assert figures(project(grade, LATE, RECEIVED, [decided("on time")])) == (5, 10, 10)


def test_a_dropped_check_leaves_every_figure(grade):
    made = project(grade, ON_TIME, RECEIVED, [decided("drop", check="test_two", reason="It was unclear.")])

    assert figures(made) == (5, 5, 5)
    assert made.verdicts[1].message == "This check does not count: It was unclear."


def test_changed_points_change_what_is_earned_and_possible(grade):
    assert figures(project(grade, ON_TIME, RECEIVED, [decided("points", 2, "test_one")])) == (2, 7, 7)


def test_points_of_a_check_by_hand_are_an_adjustment_with_its_reason(grade):
    made = project(grade, ON_TIME, RECEIVED, [decided("check", 4, "test_two"), decided("check", 3, "test_two")])

    assert figures(made) == (8, 10, 10)
    (adjustment,) = made.adjustments
    assert (adjustment.what, adjustment.points, adjustment.by, adjustment.why) == (
        "check test_two",
        3,
        "prof",
        "Because.",
    )


def test_a_check_that_broke_comes_back_when_a_person_judges_it(grade, tmp_path):
    broken = a_grade(a_lab(tmp_path), verdicts=(a_verdict("test_one"), a_verdict("test_two", "our fault")))

    assert figures(project(broken, ON_TIME, RECEIVED, [])) == (5, 5, 10)
    assert figures(project(broken, ON_TIME, RECEIVED, [decided("check", 4, "test_two")])) == (9, 10, 10)


def test_a_dropped_check_stays_dropped_whatever_else_was_decided(grade):
    decisions = [decided("check", 4, "test_two"), decided("drop", check="test_two")]

    assert figures(project(grade, ON_TIME, RECEIVED, decisions)) == (5, 5, 5)


def test_the_newest_score_counts_after_everything_else(grade):
    made = project(grade, LATE, RECEIVED, [decided("score", 9), decided("score", 7.5)])

    assert figures(made) == (7.5, 10, 10)
    assert [(entry.what, entry.points) for entry in made.adjustments] == [("late", -2), ("override", 4.5)]
