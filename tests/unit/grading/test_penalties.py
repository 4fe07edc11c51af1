"""What lateness costs."""

import datetime as dt

import pytest

from grader.grading.penalties import late_adjustment, lateness
from grader.model.lab import LatePolicy

DUE = dt.datetime(2026, 12, 1, 23, 59, tzinfo=dt.UTC)


def policy(**changes):
    return LatePolicy(**({"due": DUE.isoformat(), "penalty_per_day": 10.0} | changes))


@pytest.mark.parametrize(
    ("late", "days"),
    [
        (dt.timedelta(days=-1), 0),
        (dt.timedelta(0), 0),
        (dt.timedelta(seconds=1), 1),
        (dt.timedelta(days=1), 1),
        (dt.timedelta(days=1, seconds=1), 2),
    ],
)
def test_every_day_that_was_begun_counts(late, days):
    assert lateness(policy(), DUE + late).days == days


def test_grace_costs_nothing_and_is_not_taken_back_by_the_first_day():
    relaxed = policy(grace_minutes=30)

    assert lateness(relaxed, DUE + dt.timedelta(minutes=30)).days == 0
    assert lateness(relaxed, DUE + dt.timedelta(minutes=30)).seconds == 1800
    assert lateness(relaxed, DUE + dt.timedelta(days=1, minutes=30)).days == 1


def test_zones_do_not_matter():
    there = dt.timezone(dt.timedelta(hours=5))

    assert lateness(policy(), DUE.astimezone(there)).seconds == 0


def test_a_deduction_is_a_percentage_of_the_lab_and_says_why():
    made = late_adjustment(policy(), DUE + dt.timedelta(days=1, hours=1), 40)

    assert (made.what, made.points, made.by) == ("late", -8, "late policy")
    assert made.why == "2 days late: 20 % of 40 points"


def test_the_cap_bounds_it():
    assert late_adjustment(policy(cap=25.0), DUE + dt.timedelta(days=9), 10).points == -2.5


@pytest.mark.parametrize("changes", [{"due": ""}, {"penalty_per_day": 0.0}, {"cap": 0.0}])
def test_without_due_time_penalty_or_cap_nothing_is_taken(changes):
    assert late_adjustment(policy(**changes), DUE + dt.timedelta(days=9), 10) is None
