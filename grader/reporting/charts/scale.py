"""Axes: round tick values, positions, and lines thinned without losing their peaks."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

#: Points that one line keeps.
MOST_POINTS = 400


@dataclass(frozen=True)
class Scale:
    """A linear axis from values to coordinates."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        """Return the coordinate of a value."""
        span = self.high - self.low
        share = (value - self.low) / span if span else 0.5
        return self.start + share * (self.end - self.start)


def ticks(low: float, high: float, count: int = 4) -> tuple[float, ...]:
    """Return round values that cover a range.

    Args:
        low: smallest value.
        high: largest value.
        count: about how many steps.

    Returns:
        At least two ascending values, the first at or below `low`, the last at or above `high`.
    """
    if high <= low:
        pad = abs(low) * 0.1 or 1.0
        low, high = low - pad, high + pad
    raw = (high - low) / count
    if raw <= 0 or not math.isfinite(raw):
        return (low, high)
    power = 10.0 ** math.floor(math.log10(raw))
    step = next((m * power for m in (1, 2, 2.5, 5, 10) if m * power >= raw * 0.999), 10 * power)
    first = math.floor(low / step + 1e-9)
    last = math.ceil(high / step - 1e-9)
    return tuple(index * step for index in range(first, last + 1))


def thin(points: Sequence[tuple[float, float]], most: int = MOST_POINTS) -> tuple[tuple[float, float], ...]:
    """Keep at most some points of a line: of each stretch its lowest and its highest, and both ends.

    Args:
        points: in drawing order.
        most: how many to keep; even, at least 4.

    Returns:
        A subsequence.
    """
    if len(points) <= most:
        return tuple(points)
    buckets = (most - 2) // 2
    inner = len(points) - 2
    keep = {0, len(points) - 1}
    for bucket in range(buckets):
        stretch = range(1 + bucket * inner // buckets, 1 + (bucket + 1) * inner // buckets)
        keep.add(min(stretch, key=lambda index: points[index][1]))
        keep.add(max(stretch, key=lambda index: points[index][1]))
    return tuple(points[index] for index in sorted(keep))
