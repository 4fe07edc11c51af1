"""Lines over steps: loss and metrics, told apart by colour and by dash, labelled at their ends."""

from collections.abc import Sequence

from markupsafe import Markup

from grader.model.verdict import Plot
from grader.reporting import words
from grader.reporting.charts import data, svg
from grader.reporting.charts.drawn import Drawn
from grader.reporting.charts.scale import Scale, thin, ticks
from grader.reporting.figures import figure

_WIDTH, _HEIGHT = 480.0, 236.0
_LEFT, _TOP, _BOTTOM = 50.0, 26.0, 40.0
_LABEL_GAP = 15.0
_LONGEST_NAME = 14
#: Of a bold letter at the size that narrow screens get, and beside the name.
_LETTER, _AROUND_NAME = 9.8, 14.0


def curve(plot: Plot, name: str, title: str) -> Drawn | None:
    """Draw a curve, or None when no series has a finite point."""
    lines = data.series(plot.data)
    every = [point for one in lines for point in one.points]
    if not every:
        return None
    x_ticks = ticks(min(x for x, _ in every), max(x for x, _ in every))
    y_ticks = ticks(min(y for _, y in every), max(y for _, y in every))
    drawn = [one for one in lines if one.points]
    right = _WIDTH - _AROUND_NAME - _LETTER * max(len(_short(one)) for one in drawn)
    across = Scale(min(x for x, _ in every), max(x for x, _ in every), _LEFT, right)
    up = Scale(y_ticks[0], y_ticks[-1], _HEIGHT - _BOTTOM, _TOP)
    parts = [*_grid(across, up, x_ticks, y_ticks), *_axis_names(plot, across)]
    parts += [_line(one, index, across, up) for index, one in enumerate(drawn)]
    parts += _end_labels(drawn, across, up)
    twin = tuple(_in_words(one, data.label(plot.data, "x_label", 24)) for one in lines)
    return Drawn("curve", title, svg.drawing((_WIDTH, _HEIGHT), name, title, ". ".join(twin), parts), twin)


def _grid(across: Scale, up: Scale, x_ticks: Sequence[float], y_ticks: Sequence[float]) -> list[Markup]:
    parts: list[Markup] = []
    right = across.end
    for value in y_ticks:
        y = up.at(value)
        parts.append(svg.element("path", d=f"M{svg.number(_LEFT)} {svg.number(y)}H{svg.number(right)}", class_="grid"))
        parts.append(svg.text(_LEFT - 7, y + 4, figure(value), "tick", "end"))
    base = svg.number(_HEIGHT - _BOTTOM)
    parts.append(svg.element("path", d=f"M{svg.number(_LEFT)} {base}H{svg.number(right)}", class_="axis"))
    inside = [value for value in x_ticks if across.low <= value <= across.high] or [across.low]
    parts += [svg.text(across.at(value), _HEIGHT - _BOTTOM + 17, figure(value), "tick", "middle") for value in inside]
    return parts


def _axis_names(plot: Plot, across: Scale) -> list[Markup]:
    middle = (across.start + across.end) / 2
    return [
        svg.text(middle, _HEIGHT - 6, data.label(plot.data, "x_label", 40), "name", "middle"),
        svg.text(_LEFT - 42, 12, data.label(plot.data, "y_label", 40), "name"),
    ]


def _line(one: data.Series, index: int, across: Scale, up: Scale) -> Markup:
    points = thin(one.points)
    path = " ".join(f"{svg.number(across.at(x))},{svg.number(up.at(y))}" for x, y in points)
    if len(points) == 1:
        x, y = points[0]
        return svg.element("circle", cx=across.at(x), cy=up.at(y), r=3.5, class_=f"dot c{index % 4}")
    return svg.element("polyline", points=path, class_=f"line c{index % 4}")


def _end_labels(lines: Sequence[data.Series], across: Scale, up: Scale) -> list[Markup]:
    """Place each name beside the last point of its line, pushed apart where they would touch."""
    wanted = sorted((up.at(one.points[-1][1]), index) for index, one in enumerate(lines))
    parts: list[Markup] = []
    last = -_LABEL_GAP
    for y, index in wanted:
        last = max(y, last + _LABEL_GAP)
        x = across.at(lines[index].points[-1][0]) + 7
        parts.append(svg.text(x, last + 4, _short(lines[index]), f"series c{index % 4}"))
    return parts


def _short(one: data.Series) -> str:
    return one.name[:_LONGEST_NAME]


def _in_words(one: data.Series, x_label: str) -> str:
    if not one.points:
        return words.curve_empty(one.name)
    values = [y for _, y in one.points]
    where = f"{x_label} " if x_label else ""
    first = f"{figure(values[0])} at {where}{figure(one.points[0][0])}"
    last = f"{figure(values[-1])} at {where}{figure(one.points[-1][0])}"
    line = words.curve_line(one.name, first, last, figure(min(values)), figure(max(values)))
    return f"{line} ({words.decimated(len(values))})" if len(thin(one.points)) < len(values) else line
