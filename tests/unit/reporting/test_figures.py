import math

import pytest

from grader.reporting import figures


@pytest.mark.parametrize(
    ("value", "words"),
    [(6.2, "6.2"), (9.0, "9"), (0.0, "0"), (-0.0, "0"), (51.454, "51.45"), (1 / 3, "0.33"), (100.0, "100")],
)
def test_points_have_at_most_two_decimals(value, words):
    assert figures.points(value) == words


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (0.8435, "", "0.8435"),
        (0.123456, "", "0.1235"),
        (2, "%", "2 %"),
        (1_154, "", "1,154"),
        (12_345.6, "MiB", "12,346 MiB"),
        (3.0e-5, "", "3e-05"),
        (math.nan, "", "not a number"),
        (math.inf, "", "infinite"),
        (-math.inf, "", "minus infinite"),
        (10**400, "", "about 10^400"),
        (-(10**20), "", "-about 10^20"),
        (1e300, "", "1e+300"),
    ],
)
def test_a_figure_reads_as_people_write_it(value, unit, words):
    assert figures.figure(value, unit) == words


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (None, "", "–"),
        (True, "", "yes"),
        (False, "", "no"),
        ("a\nb\x1b[31m", "", "a b\\x1b[31m"),
        (450_247_688, "bytes", "450,247,688 bytes"),
        (2.0e15, "bytes", "1,819.0 TiB"),
        (0.93, " % ", "0.93 %"),
    ],
)
def test_evidence_is_one_printable_value(value, unit, words):
    assert figures.evidence(value, unit) == words


@pytest.mark.parametrize(
    ("iso", "words"),
    [
        ("2026-11-23T14:05:02+01:00", "23 November 2026, 14:05 UTC+01:00"),
        ("2026-01-03T04:05:02Z", "3 January 2026, 04:05 UTC"),
        ("2026-01-03T04:05:02", "3 January 2026, 04:05"),
        ("yesterday\x07", "yesterday\\x07"),
        ("", ""),
    ],
)
def test_a_moment_names_its_zone(iso, words):
    assert figures.moment(iso) == words
