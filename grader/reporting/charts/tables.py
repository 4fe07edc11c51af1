"""Plots that are tables: a confusion matrix, and rates per slice with a dot and its interval."""

from grader.model.verdict import Plot
from grader.reporting import words
from grader.reporting.charts import data
from grader.reporting.charts.drawn import Drawn, Table
from grader.reporting.charts.marks import dot
from grader.reporting.figures import figure


def confusion(plot: Plot, title: str) -> Drawn | None:
    """Lay out a confusion matrix, or None when the counts do not fit the labels."""
    names, counts = data.confusion(plot.data)
    if not names:
        return None
    rows = tuple((name, *(figure(n) for n in row)) for name, row in zip(names, counts, strict=True))
    right = sum(counts[index][index] for index in range(len(names)))
    line = words.diagonal(figure(right), figure(sum(sum(row) for row in counts)))
    columns = (words.CONFUSION_CORNER, *names)
    return Drawn("confusion", title, None, (line,), Table(title, columns, rows, diagonal=True))


def slices(plot: Plot, title: str) -> Drawn | None:
    """Lay out rates per slice, or None when no slice has a number."""
    found = data.slices(plot.data)
    if not found:
        return None
    unit = data.label(plot.data, "unit", 16)
    edges = [v for one in found for v in (one.value, one.low, one.high) if v is not None]
    low, high = min(0.0, *edges), max(1.0 if max(edges) <= 1 else 100.0 if max(edges) <= 100 else max(edges), *edges)
    intervals = any(one.low is not None and one.high is not None for one in found)
    rows = tuple(
        (one.name, figure(one.n), figure(one.value, unit), *([_interval(one)] if intervals else [])) for one in found
    )
    columns = (words.SLICE, words.SLICE_N, words.SLICE_RATE, *([words.SLICE_INTERVAL] if intervals else []))
    marks = tuple(dot(one.value, one.low, one.high, low, high) for one in found)
    return Drawn("slices", title, None, (), Table(title, columns, rows, marks, (figure(low), figure(high))))


def _interval(one: data.Slice) -> str:
    return "–" if one.low is None or one.high is None else f"{figure(one.low)} to {figure(one.high)}"
