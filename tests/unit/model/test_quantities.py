"""Sizes and times, as they stand in every message and page."""

import math

import pytest

from grader.model.quantities import duration, size


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.0, "0.0 s"),
        (0.01, "under 0.1 s"),
        (0.4, "0.4 s"),
        (12.4, "12 s"),
        (59.6, "1 min"),
        (72.4, "1 min 12 s"),
        (3_840.0, "1 h 4 min"),
        (math.nan, "–"),
        (-1.0, "–"),
    ],
)
def test_a_duration_reads_as_people_say_it(seconds, words):
    assert duration(seconds) == words


@pytest.mark.parametrize(
    ("count", "words"),
    [(0, "0 B"), (31_812, "31 KiB"), (2_254_857_830, "2.1 GiB"), (300 * 2**20, "300 MiB"), (5 * 2**40, "5.0 TiB")],
)
def test_a_size_is_in_binary_units(count, words):
    assert size(count) == words
