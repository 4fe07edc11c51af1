"""Turns what a check wants to draw into the data that reporting draws."""

import math
from collections.abc import Mapping
from typing import Any, Literal, cast

from grader.checking.words import plain, printable
from grader.model.verdict import Plot

PlotKind = Literal["curve", "bars", "confusion", "slices"]

_NEEDED = {"curve": {"series"}, "bars": {"bars"}, "confusion": {"labels", "counts"}, "slices": {"slices"}}
_ALLOWED = {
    "curve": {"series", "x_label", "y_label"},
    "bars": {"bars", "unit", "limit"},
    "confusion": {"labels", "counts"},
    "slices": {"slices", "unit"},
}
#: Points of one curve that are kept; reporting draws 400.
_CURVE_POINTS = 2_000


def make_plot(kind: PlotKind, title: str, data: Mapping[str, Any]) -> Plot:
    """Check the data of a chart and bring it into plain JSON.

    Args:
        kind: which chart.
        title: what it shows.
        data: as the kind asks.

    Returns:
        The plot, with every point that is not finite left out.

    Raises:
        ValueError: a key is missing, unknown, or the data does not fit the kind.
    """
    filled = _defaults(kind, dict(data))
    keys = set(filled)
    if kind not in _NEEDED or not _NEEDED[kind] <= keys <= _ALLOWED[kind]:
        raise ValueError(f"A plot {kind!r} does not take {sorted(keys)}; it needs {sorted(_NEEDED.get(kind, ()))}.")
    try:
        return Plot(kind, title, _SHAPERS[kind](filled))
    except (KeyError, TypeError, IndexError) as exc:
        raise ValueError(f"The data does not fit a plot {kind!r}: {exc!r}.") from exc


def _defaults(kind: str, data: dict[str, Any]) -> dict[str, Any]:
    if kind == "bars":
        values = cast("Mapping[str, Any]", data.pop("values", {}))
        if values:
            data["bars"] = [{"name": name, "value": value} for name, value in values.items()]
        data.setdefault("unit", "")
    if kind == "slices":
        data.setdefault("unit", "")
        slices = data.get("slices")
        if isinstance(slices, Mapping):
            named = cast("Mapping[str, Mapping[str, Any]]", slices)
            data["slices"] = [{"name": name, **_slice(entry)} for name, entry in named.items()]
    if kind == "curve":
        data = {"x_label": "", "y_label": "", **data}
    return data


def _slice(entry: Mapping[str, Any]) -> dict[str, Any]:
    """A slice as `classifier_accuracy` returns it, under the names that a plot uses."""
    value = entry["value"] if "value" in entry else entry["accuracy"]
    return {"value": value, **{key: entry[key] for key in ("n", "low", "high") if key in entry}}


def _curve(data: dict[str, Any]) -> dict[str, Any]:
    series = [
        {"name": printable(str(line["name"]), 80), "points": _thinned(_points(line["points"]))}
        for line in data["series"]
    ]
    return {**data, "series": series}


def _points(points: Any) -> list[list[float]]:
    pairs = [[_real(point[0]), _real(point[1])] for point in points]
    return [pair for pair in pairs if all(map(math.isfinite, pair))]


def _thinned(points: list[list[float]]) -> list[list[float]]:
    step = -(-len(points) // _CURVE_POINTS)
    return points if step <= 1 else [*points[:-1:step], points[-1]]


def _bars(data: dict[str, Any]) -> dict[str, Any]:
    shaped = {**data, "bars": [_bar(bar) for bar in data["bars"]]}
    if "limit" in data:
        shaped["limit"] = _bar(data["limit"])
    return shaped


def _bar(bar: Mapping[str, Any]) -> dict[str, Any]:
    shaped: dict[str, Any] = {"name": printable(str(bar["name"]), 80), "value": _finite(bar["value"])}
    if "parts" in bar:
        shaped["parts"] = [_bar(part) for part in bar["parts"]]
    return shaped


def _confusion(data: dict[str, Any]) -> dict[str, Any]:
    labels = [printable(str(label), 80) for label in data["labels"]]
    counts = [[int(_finite(count)) for count in row] for row in data["counts"]]
    if len(counts) != len(labels) or any(len(row) != len(labels) for row in counts):
        raise TypeError("as many rows and columns as labels are needed")
    return {"labels": labels, "counts": counts}


def _slices(data: dict[str, Any]) -> dict[str, Any]:
    shaped = [
        {key: printable(str(value), 80) if key == "name" else _finite(value) for key, value in entry.items()}
        for entry in data["slices"]
    ]
    if not all({"name", "value", "n"} <= set(entry) for entry in shaped):
        raise TypeError("a slice has a name, a value and n")
    return {**data, "slices": shaped}


def _real(value: Any) -> float:
    found = plain(value)
    if isinstance(found, bool) or not isinstance(found, int | float):
        raise TypeError(f"{value!r} is not a number")
    return found


def _finite(value: Any) -> float:
    found = _real(value)
    if not math.isfinite(found):
        raise TypeError(f"{value!r} is not finite")
    return found


_SHAPERS = {"curve": _curve, "bars": _bars, "confusion": _confusion, "slices": _slices}
