"""Describes how the points of a class are distributed."""

import statistics
from collections import Counter
from collections.abc import Sequence

from grader.model.overview import Entry, Scores

_BINS = 10


def describe_scores(entries: Sequence[Entry]) -> Scores:
    """Describe the points of a class.

    Args:
        entries: every student.

    Returns:
        Quartiles by linear interpolation over the students (the `inclusive` method of Python's statistics).
    """
    shares = [share for entry in entries if (share := share_of(entry)) is not None]
    states = Counter(entry.state for entry in entries)
    bins = Counter(min(int(share * _BINS + 1e-9), _BINS - 1) for share in shares)
    quartiles = statistics.quantiles(shares, n=4, method="inclusive") if len(shares) > 1 else shares * 3
    lower, median, upper = quartiles or (None, None, None)
    return Scores(
        n=len(shares),
        mean=statistics.fmean(shares) if shares else None,
        median=median,
        lower=lower,
        upper=upper,
        bins=tuple(bins[number] for number in range(_BINS)),
        missing=states["missing"],
        refused=states["refused"],
        waiting=states["waiting"],
    )


def share_of(entry: Entry) -> float | None:
    """Return the share of the points that a student has, 0 to 1; bonus beyond full marks does not count."""
    if entry.state != "graded" or entry.points is None or not entry.possible:
        return None
    return min(1.0, max(0.0, entry.points / entry.possible))
