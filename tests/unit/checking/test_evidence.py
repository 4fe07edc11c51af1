"""Rows of evidence, and what they say together."""

import math

import numpy as np
import pytest

from grader.checking.evidence import Evidence


@pytest.fixture
def evidence() -> Evidence:
    return Evidence()


def test_nothing_shown_is_a_pass(evidence: Evidence) -> None:
    assert evidence.conclude().fraction == 1.0


@pytest.mark.parametrize(
    ("row", "met", "sentence"),
    [
        (lambda e: e.at_least("A", 0.8, 0.8), True, ""),
        (lambda e: e.at_least("A", math.nan, 0.8), False, "A: NaN measured, at least 0.8 required."),
        (lambda e: e.at_least("A", np.float32(0.5), 0.8), False, "A: 0.5 measured, at least 0.8 required."),
        (lambda e: e.at_most("A", 3, 2, unit="%"), False, "A: 3 % measured, at most 2 % required."),
        (lambda e: e.at_most("A", -math.inf, 2), True, ""),
        (lambda e: e.between("A", 5, 1, 5), True, ""),
        (lambda e: e.between("A", 1154, 1, 5), False, "A: 1,154 measured, from 1 to 5 required."),
        (lambda e: e.agrees("A", 0.93, 0.91, 0.02), True, ""),
        (lambda e: e.agrees("A", 0.93, 0.91, 0.01), False, "A: you report 0.93, we measure 0.91."),
        (lambda e: e.agrees("A", math.nan, 0.91, 9), False, "A: you report NaN, we measure 0.91."),
        (lambda e: e.agrees("A", "0.91", 0.91, 9), False, "A: you report 0.91, we measure 0.91."),
        (lambda e: e.agrees("A", True, 1, 9), False, "A: you report yes, we measure 1."),
        (lambda e: e.agrees("A", [1], 1, 9), False, "A: you report something else, we measure 1."),
        (lambda e: e.agrees("A", 110, 100, 0.1, relative=True), True, ""),
        (lambda e: e.agrees("A", 10**40, 100, 0.1, relative=True), False, "A: you report 1e+40, we measure 100."),
        (lambda e: e.equals("A", "x", "x"), True, ""),
        (lambda e: e.equals("A", True, 1), False, "A: yes found, 1 required."),
        (lambda e: e.equals("A", None, 2), False, "A: nothing found, 2 required."),
        (lambda e: e.holds("A is so", []), False, "A is so: not yet."),
        (lambda e: e.holds("A is so", 0, "It is not.", measured="3 of 4"), False, "It is not."),
    ],
)
def test_a_row_is_met_or_says_what_was_measured_first(evidence: Evidence, row, met: bool, sentence: str) -> None:
    assert row(evidence) is met

    assert evidence.rows[0].met is met
    assert evidence.rows[0].sentence == sentence
    assert evidence.conclude().fraction == float(met)


def test_values_that_json_cannot_hold_become_words(evidence: Evidence) -> None:
    evidence.at_least("A", math.nan, 1, claimed=math.inf)

    assert (evidence.rows[0].measured, evidence.rows[0].claimed) == ("NaN", "infinity")


def test_a_note_decides_nothing(evidence: Evidence) -> None:
    evidence.note("Seen", 3, unit="rows")

    assert evidence.rows[0].met is None
    assert evidence.conclude().fraction == 1.0


@pytest.mark.parametrize("value", ["text", True, None, object()])
def test_comparing_what_is_no_number_of_ours_is_the_authors_mistake(evidence: Evidence, value: object) -> None:
    with pytest.raises(TypeError):
        evidence.at_least("A", value, 1)  # type: ignore[arg-type]


def test_the_smallest_share_of_the_rows_counts(evidence: Evidence) -> None:
    evidence.at_least("A", 0.7, 0.9)
    evidence.partial(0.6)
    evidence.at_least("B", 0.5, 0.9)
    evidence.partial(0.2)

    assert evidence.conclude().fraction == 0.2
    assert evidence.conclude().message.startswith("A: 0.7")


def test_an_unmet_row_without_a_share_earns_nothing(evidence: Evidence) -> None:
    evidence.at_least("A", 0.7, 0.9)
    evidence.partial(0.6)
    evidence.holds("B", condition=False)

    assert evidence.conclude().fraction == 0.0


def test_an_unmet_row_never_earns_everything(evidence: Evidence) -> None:
    evidence.at_least("A", 0.7, 0.9)
    evidence.partial(7)

    assert evidence.conclude().fraction == 0.99


@pytest.mark.parametrize(("given", "kept"), [(-1, 0.0), (math.nan, 0.0), (0.4, 0.4), (2, 1.0)])
def test_a_share_of_the_whole_check_is_cut_to_zero_to_one(evidence: Evidence, given: float, kept: float) -> None:
    evidence.partial(given)

    assert evidence.conclude().fraction == kept


def test_a_share_without_an_unmet_row_has_a_sentence(evidence: Evidence) -> None:
    evidence.partial(0.25)

    assert evidence.conclude().message == "This is there in part: 25 %."


def test_the_first_mistake_stands_and_a_pass_has_none(evidence: Evidence) -> None:
    evidence.mistake("labels-flipped", "Compare the labels.")
    evidence.mistake("other")
    passed = evidence.conclude()
    evidence.holds("A", condition=False, hint="Of the row.")

    assert passed.mistake == ""
    assert (evidence.conclude().mistake, evidence.conclude().hint) == ("labels-flipped", "Compare the labels.")


def test_control_characters_of_a_student_never_reach_a_sentence(evidence: Evidence) -> None:
    evidence.holds("A", condition=False, sentence="a\x1b[31mb\u202ec\ud800d")

    assert evidence.rows[0].sentence == "a[31mbcd"


def test_bars_by_value_and_by_parts(evidence: Evidence) -> None:
    evidence.plot(
        "bars", "Memory", unit="MiB", values={"full": np.int64(3), "LoRA": 1.5}, limit={"name": "all", "value": 4}
    )
    evidence.plot("bars", bars=[{"name": "full", "value": 3, "parts": [{"name": "weights", "value": 1}]}])

    assert evidence.plots[0].data["bars"] == [{"name": "full", "value": 3}, {"name": "LoRA", "value": 1.5}]
    assert evidence.plots[0].data["limit"] == {"name": "all", "value": 4}
    assert evidence.plots[1].data["bars"][0]["parts"] == [{"name": "weights", "value": 1}]


def test_a_curve_keeps_finite_points_and_thins_long_ones(evidence: Evidence) -> None:
    points = [[x, x / 2] for x in range(10_001)]
    evidence.plot(
        "curve", series=[{"name": "loss", "points": [[0, math.nan], (1, 2)]}, {"name": "long", "points": points}]
    )

    short, long = (line["points"] for line in evidence.plots[0].data["series"])
    assert short == [[1, 2]]
    assert 1_000 < len(long) <= 2_001
    assert (long[0], long[-1]) == ([0, 0.0], [10_000, 5_000.0])


def test_slices_take_what_a_measurement_returns(evidence: Evidence) -> None:
    evidence.plot("slices", slices={"negated": {"n": 5, "accuracy": 0.8, "low": 0.4, "high": 0.9}})

    assert evidence.plots[0].data["slices"] == [{"name": "negated", "value": 0.8, "n": 5, "low": 0.4, "high": 0.9}]


def test_a_confusion_matrix_is_plain_numbers(evidence: Evidence) -> None:
    evidence.plot("confusion", labels=["neg", "pos"], counts=np.array([[3, 1], [0, 4]]))

    assert evidence.plots[0].data == {"labels": ["neg", "pos"], "counts": [[3, 1], [0, 4]]}


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("pie", {}),
        ("bars", {}),
        ("bars", {"values": {"a": math.nan}}),
        ("bars", {"values": {"a": "3"}}),
        ("bars", {"values": {"a": 1}, "colour": "red"}),
        ("curve", {"series": [{"name": "loss"}]}),
        ("confusion", {"labels": ["a", "b"], "counts": [[1, 2]]}),
        ("slices", {"slices": [{"name": "a", "value": 1}]}),
    ],
)
def test_data_that_does_not_fit_its_plot_is_the_authors_mistake(evidence: Evidence, kind, data) -> None:
    with pytest.raises(ValueError, match="plot"):
        evidence.plot(kind, **data)
