"""Points that could not be judged lower nobody's grade."""

from dataclasses import replace

import pytest

from grader.exchange.entry import Entry, counted, needs_person, summary
from grader.model.grade import Adjustment
from tests.fakes import grades


@pytest.mark.parametrize(
    ("points", "possible", "total", "expected"),
    [(7, 10, 10, 7), (7, 7, 10, 10), (3.5, 7, 10, 5), (1, 3, 10, 3.33), (12, 10, 10, 12), (0, 0, 10, None)],
)
def test_points_are_in_proportion_to_what_could_be_judged(points, possible, total, expected):
    assert counted(points, possible, total) == expected


def test_without_a_grade_there_are_no_points():
    assert Entry("ada", "1").counted is None
    assert Entry("ada", "1").scaled_to(100) is None
    assert Entry("ada", "1", points=1, possible=2, total=4).scaled_to(100) == 50


@pytest.mark.parametrize(
    ("grade", "needs"), [(grades.perfect(), False), (grades.failing(), False), (grades.never_started(), True)]
)
def test_a_run_that_is_our_fault_needs_a_person(grade, needs):
    assert needs_person(grade) is needs


def test_a_check_that_broke_needs_a_person(broken):
    assert needs_person(broken)


def test_a_comment_says_what_counts_and_why():
    late = Adjustment("late", -2, "late policy", "", "1 day late")
    words = summary(replace(grades.failing(), adjustments=(late,)))

    for part in (
        "checks met",
        "could not be judged and do not count",
        "late: -2 (1 day late).",
        "Not yet: ",
        "(GR-2.5.4-",
    ):
        assert part in words
    assert grades.stopped().run.message in summary(grades.stopped())
