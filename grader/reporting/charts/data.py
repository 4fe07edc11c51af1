"""Data of a plot, read with tolerance: whatever a check passed on, a page can still be made."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from grader.model.safe_text import one_line

_MOST_SERIES = 6
_MOST_BARS = 12
_MOST_PARTS = 6
_MOST_LABELS = 12
_MOST_SLICES = 24


@dataclass(frozen=True)
class Series:
    """One line of a curve, finite points only, in the order given."""

    name: str
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Part:
    """A named amount."""

    name: str
    value: float


@dataclass(frozen=True)
class Bar:
    """One bar, possibly stacked."""

    name: str
    value: float
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Slice:
    """A rate on a part of the data, with its interval when there is one."""

    name: str
    value: float
    n: int
    low: float | None
    high: float | None


def finite(value: object) -> float | None:
    """Return value as a float, or None when it is no finite number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if isinstance(value, int) and value.bit_length() > 1000:
        return None
    return float(value) if math.isfinite(value) else None


def label(data: Mapping[str, Any], key: str, characters: int = 40) -> str:
    """Return a printable text of a mapping, empty when there is none."""
    value = data.get(key)
    return one_line(value, characters) if isinstance(value, str) else ""


def mappings(value: object, most: int) -> list[Mapping[str, Any]]:
    """Return the mappings of a list, at most some of them."""
    return [cast("Mapping[str, Any]", item) for item in items(value) if isinstance(item, dict)][:most]


def items(value: object) -> Sequence[Any]:
    """Return a list or tuple, empty when it is neither."""
    return cast("Sequence[Any]", value) if isinstance(value, list | tuple) else ()


def series(data: Mapping[str, Any]) -> tuple[Series, ...]:
    """Read `{series: [{name, points: [[x, y]]}]}`."""
    found = mappings(data.get("series"), _MOST_SERIES)
    return tuple(Series(label(one, "name", 24) or f"series {i}", _points(one)) for i, one in enumerate(found, start=1))


def _points(one: Mapping[str, Any]) -> tuple[tuple[float, float], ...]:
    pairs: list[tuple[float, float]] = []
    for point in items(one.get("points")):
        values = items(point)
        if len(values) == 2:
            x, y = finite(values[0]), finite(values[1])
            if x is not None and y is not None:
                pairs.append((x, y))
    return tuple(pairs)


def bars(data: Mapping[str, Any]) -> tuple[Bar, ...]:
    """Read `{bars: [{name, value, parts?}]}`; a bar without a number is left out."""
    found: list[Bar] = []
    for one in mappings(data.get("bars"), _MOST_BARS):
        part_values = _parts(one)
        value = finite(one.get("value"))
        if value is None and part_values:
            value = sum(part.value for part in part_values)
        if value is not None:
            found.append(Bar(label(one, "name") or "–", max(value, 0.0), part_values))
    return tuple(found)


def _parts(one: Mapping[str, Any]) -> tuple[Part, ...]:
    found = mappings(one.get("parts"), _MOST_PARTS)
    pairs = [(label(part, "name", 32) or "–", finite(part.get("value"))) for part in found]
    return tuple(Part(name, max(value, 0.0)) for name, value in pairs if value is not None)


def limit(data: Mapping[str, Any]) -> Part | None:
    """Read `{limit: {name, value}}`."""
    given = data.get("limit")
    if not isinstance(given, dict):
        return None
    mapping = cast("Mapping[str, Any]", given)
    value = finite(mapping.get("value"))
    return None if value is None or value <= 0 else Part(label(mapping, "name", 32) or "limit", value)


def confusion(data: Mapping[str, Any]) -> tuple[tuple[str, ...], tuple[tuple[int, ...], ...]]:
    """Read `{labels, counts}`; nothing when they do not form a square."""
    names = tuple(one_line(str(name), 32) for name in items(data.get("labels"))[:_MOST_LABELS])
    rows = tuple(tuple(int(finite(n) or 0) for n in items(row)) for row in items(data.get("counts")))
    square = len(rows) == len(names) and all(len(row) == len(names) for row in rows)
    return (names, rows) if names and square else ((), ())


def slices(data: Mapping[str, Any]) -> tuple[Slice, ...]:
    """Read `{slices: [{name, value, n, low?, high?}]}`; a slice without a number is left out."""
    found: list[Slice] = []
    for one in mappings(data.get("slices"), _MOST_SLICES):
        value, count = finite(one.get("value")), finite(one.get("n"))
        if value is not None:
            low, high = finite(one.get("low")), finite(one.get("high"))
            found.append(Slice(label(one, "name") or "–", value, int(count or 0), low, high))
    return tuple(found)
