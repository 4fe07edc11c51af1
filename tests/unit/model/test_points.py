import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.model.points import earned, to_cents
from grader.model.verdict import VerdictStatus
from tests.fakes.grade_parts import make_verdict

PASSED, PARTLY, FAILED, NOT_JUDGED, OUR_FAULT = VerdictStatus


@pytest.mark.parametrize(
    ("status", "fraction", "points"),
    [
        (PASSED, None, "4.00"),
        (PASSED, 1.0, "4.00"),
        (FAILED, None, "0.00"),
        (FAILED, 0.5, "0.00"),
        (PARTLY, 0.8, "3.20"),
        (PARTLY, 7.0, "4.00"),
        (PARTLY, -1.0, "0.00"),
        (NOT_JUDGED, 0.0, "0.00"),
        (NOT_JUDGED, 0.5, "0.00"),
    ],
)
def test_a_verdict_earns_its_share_of_the_points(status, fraction, points):
    assert earned(make_verdict(status, 4, fraction)) == Decimal(points)


@pytest.mark.parametrize(
    ("status", "fraction"),
    [(OUR_FAULT, None), (OUR_FAULT, 1.0), (NOT_JUDGED, None), (PARTLY, None), (PARTLY, math.nan)],
)
def test_without_a_verdict_nothing_is_earned_or_lost(status, fraction):
    assert earned(make_verdict(status, 4, fraction)) is None


@pytest.mark.parametrize(
    ("value", "rounded"),
    [(0.285, "0.29"), (1.005, "1.01"), (2.675, "2.68"), (0.125, "0.13"), (-0.125, "-0.13"), (0.1 + 0.2, "0.30")],
)
def test_half_a_hundredth_is_rounded_up_as_people_do(value, rounded):
    assert to_cents(value) == Decimal(rounded)


@given(st.integers(0, 10_000), st.integers(0, 1000))
def test_rounding_is_never_off_by_more_than_half_a_hundredth(cents, thousandths):
    verdict = make_verdict(PARTLY, cents / 100, thousandths / 1000)

    exact = Decimal(cents) / 100 * thousandths / 1000

    assert abs(earned(verdict) - exact) <= Decimal("0.005")
