"""Thresholds follow from figures by one rule; the figures of lab 2.5.4 give the thresholds that it had."""

import pytest

from grader.errors import LabFault
from grader.model.lab import CalibrationSpec
from grader.model.verdict import DeclaredCheck, EvidenceRow, Verdict, VerdictStatus
from grader.validating.calibrating import RULE, calibrate, noted, shown_value, updated
from tests.fakes.labs import make_lab

SPEC = CalibrationSpec("accuracy", "test_a", "Accuracy", better="higher", n=2000)


def verdict(measured: object) -> Verdict:
    check = DeclaredCheck("test_a", "It holds", 5, "m.py")
    rows = (EvidenceRow("Note", 1), EvidenceRow("Accuracy", measured))  # type: ignore[arg-type]
    return Verdict(check, VerdictStatus.FAILED, 0.0, rows=rows)


def test_the_goal_is_below_every_honest_way_and_the_floor_between_them_and_the_wrong_ones():
    found = calibrate(SPEC, [0.929, 0.9375, 0.934], {"head-only": 0.75, "hundred-rows": 0.765}, honest=[0.926])
    assert (found.floor, found.goal) == (0.84, 0.9)
    assert (found.worst_honest, found.best_wrong, found.problem) == (0.926, 0.765, "")
    assert found.margin == pytest.approx(3 * (0.9335 * 0.0665 / 2000) ** 0.5, abs=1e-5)


def test_a_spread_over_seeds_that_is_wider_than_the_sampling_error_makes_the_margin():
    found = calibrate(SPEC, [0.90, 0.94], {})
    assert found.margin == pytest.approx(3 * 0.02828, abs=1e-4)
    assert (found.goal, found.floor) == (0.81, None)


def test_where_lower_is_better_everything_is_turned_round():
    spec = CalibrationSpec("loss", "test_a", "Loss", better="lower", step=0.1)
    found = calibrate(spec, [1.0, 1.0], {"untrained": 3.0}, noted_wrong=[2.5])
    assert (found.goal, found.floor, found.best_wrong) == (1.0, 1.8, 2.5)


def test_wrong_ways_that_come_too_near_are_told():
    assert "too near" in calibrate(SPEC, [0.90, 0.90], {"wrong": 0.895}).problem


def test_without_a_better_way_nothing_is_decided():
    found = calibrate(CalibrationSpec("distance", "test_a", "Moved"), [0.2], {"wrong": 0.9})
    assert (found.goal, found.floor, found.spread, found.problem) == (None, None, 0.0, "")


def test_the_value_is_that_of_the_row():
    assert shown_value(SPEC, [verdict(0.93)]) == 0.93


@pytest.mark.parametrize("measured", [None, "0.93", True])
def test_a_row_without_a_number_is_the_authors_mistake(measured: object):
    with pytest.raises(LabFault, match="shows no number"):
        shown_value(SPEC, [verdict(measured)])
    with pytest.raises(LabFault, match="shows no number"):
        shown_value(SPEC, [])


def test_what_is_written_by_hand_stays_and_counts():
    before = {
        "what": "Accuracy on unseen reviews",
        "other_honest_ways": {"accuracy": {"5e-4": 0.92}},
        "wrong_ways": {"head only": 0.8},
        "thresholds": {"accuracy": {"floor": 0.1, "least": 3}, "leakage": {"margin": 0.01}},
    }
    assert noted(before, "other_honest_ways", "accuracy") == [0.92]
    assert noted(before, "wrong_ways", "head only") == []
    found = {"accuracy": calibrate(SPEC, [0.93, 0.93], {"wrong": 0.7})}
    after = updated(before, make_lab("9.1"), [1, 2], found, {"python": "3"})
    assert after["what"] == before["what"]
    assert after["other_honest_ways"] == before["other_honest_ways"]
    assert after["rule"] == RULE
    assert after["reference"]["seeds"] == [1, 2]
    assert after["reference"]["accuracy"]["wrong"] == {"wrong": 0.7}
    assert after["thresholds"]["leakage"] == {"margin": 0.01}
    assert after["thresholds"]["accuracy"] == {"floor": 0.81, "least": 3, "goal": 0.91}
