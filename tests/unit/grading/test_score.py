from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.grading import score
from grader.grading.score import count_statuses
from grader.model.grade import Adjustment
from grader.model.verdict import VerdictStatus
from tests.fakes.grade_parts import make_verdict

PASSED, PARTLY, FAILED, NOT_JUDGED, OUR_FAULT = VerdictStatus

points = st.integers(0, 2000).map(lambda cents: cents / 100)
fractions = st.none() | st.floats(0, 1)
verdicts = st.builds(
    make_verdict, st.sampled_from(VerdictStatus), points, fractions, bonus=st.booleans(), hidden=st.booleans()
)
sheets = st.lists(verdicts, max_size=8)
changes = st.lists(st.floats(-50, 50).map(lambda amount: Adjustment("change", amount, "staff", "", "")), max_size=2)


def test_points_of_met_checks_add_up():
    result = score([make_verdict(PASSED, 2), make_verdict(FAILED, 3), make_verdict(PARTLY, 4, 0.25)])

    assert (result.score, result.possible, result.bonus) == (3.0, 9.0, 0.0)
    assert result.percentage == pytest.approx(100 / 3)


def test_our_fault_leaves_the_total():
    result = score([make_verdict(PASSED, 2), make_verdict(OUR_FAULT, 8, 0.0)])

    assert (result.score, result.possible) == (2.0, 2.0)


def test_what_this_machine_cannot_judge_leaves_the_total():
    result = score([make_verdict(PASSED, 2), make_verdict(NOT_JUDGED, 8, None)])

    assert (result.score, result.possible) == (2.0, 2.0)


def test_what_waits_for_a_failed_check_earns_nothing_and_stays_in_the_total():
    result = score([make_verdict(FAILED, 2), make_verdict(NOT_JUDGED, 8, 0.0)])

    assert (result.score, result.possible) == (0.0, 10.0)


def test_where_nothing_could_be_judged_there_is_no_percentage():
    result = score([make_verdict(OUR_FAULT, 5)])

    assert (result.score, result.possible) == (0.0, 0.0)
    assert result.percentage is None


def test_no_checks_give_no_points():
    assert score([]).counts == {"passed": 0, "partly": 0, "failed": 0, "not judged": 0, "our fault": 0}


def test_bonus_adds_to_the_score_but_not_to_the_total():
    result = score([make_verdict(PASSED, 10), make_verdict(PASSED, 3, bonus=True)], most_bonus=5)

    assert (result.score, result.possible, result.bonus) == (13.0, 10.0, 3.0)


def test_bonus_ends_at_what_the_lab_allows():
    extras = [make_verdict(PASSED, 4, bonus=True), make_verdict(PARTLY, 4, 0.5, bonus=True)]

    result = score([make_verdict(PASSED, 10), *extras], most_bonus=5)

    assert (result.score, result.bonus) == (15.0, 5.0)


def test_a_deduction_never_makes_a_score_negative():
    late = Adjustment("late", -20, "rule", "2026-01-01", "two days")

    result = score([make_verdict(PASSED, 5)], adjustments=[late])

    assert (result.score, result.possible, result.bonus) == (0.0, 5.0, 0.0)


def test_an_addition_ends_at_full_points():
    gift = Adjustment("appeal", 20, "staff", "2026-01-01", "the check was too strict")

    assert score([make_verdict(FAILED, 5)], most_bonus=2, adjustments=[gift]).score == 7.0


def test_thirds_do_not_drift():
    verdicts = [make_verdict(PARTLY, 1, 1 / 3)] * 3

    assert score(verdicts).score == 0.99  # as the three lines of 0.33 that a page shows


def test_statuses_are_counted_in_one_order():
    verdicts = [make_verdict(status) for status in (FAILED, PASSED, FAILED)]

    assert count_statuses(verdicts) == {"passed": 1, "partly": 0, "failed": 2, "not judged": 0, "our fault": 0}


@given(sheets, points, changes)
def test_a_score_lies_between_nothing_and_everything(sheet, most_bonus, adjustments):
    result = score(sheet, most_bonus, adjustments)

    assert 0 <= result.score <= float(Decimal(str(result.possible)) + Decimal(str(most_bonus)))
    assert 0 <= result.bonus <= min(most_bonus, result.score)
    assert sum(result.counts.values()) == len(sheet)


@given(sheets, points, changes)
def test_a_score_has_at_most_two_decimals(sheet, most_bonus, adjustments):
    result = score(sheet, most_bonus, adjustments)

    for value in (result.score, result.possible, result.bonus):
        assert round(value, 2) == value
        assert Decimal(repr(value)).as_tuple().exponent >= -2


@given(st.data(), sheets, points)
def test_the_order_of_verdicts_does_not_matter(data, sheet, most_bonus):
    assert score(data.draw(st.permutations(sheet)), most_bonus) == score(sheet, most_bonus)


@given(sheets, points, st.booleans())
def test_a_fault_of_ours_never_lowers_the_percentage(sheet, worth, bonus):
    without = score(sheet)
    judged = score([*sheet, make_verdict(FAILED, worth, bonus=bonus)])
    broken = score([*sheet, make_verdict(OUR_FAULT, worth, bonus=bonus)])

    assert broken.percentage == without.percentage
    if judged.percentage is not None and broken.percentage is not None:
        assert broken.percentage >= judged.percentage


@given(sheets, points, fractions, fractions)
def test_more_of_a_check_never_earns_less(sheet, worth, first, second):
    less, more = sorted((first or 0.0, second or 0.0))

    low = score([*sheet, make_verdict(PARTLY, worth, less)])
    high = score([*sheet, make_verdict(PARTLY, worth, more)])

    assert high.score >= low.score
    assert high.possible == low.possible
