"""Points against the diagonal: what students report against what was measured."""

from collections.abc import Sequence

from markupsafe import Markup

from grader.reporting.charts import svg
from grader.reporting.charts.scale import Scale, ticks
from grader.reporting.figures import figure

_SIDE = 300.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 62.0, 14.0, 22.0, 42.0
#: More points than this hide one another, and the page grows for nothing.
_MOST = 600


def scatter(
    points: Sequence[tuple[float, float, bool]], *, name: str, title: str, desc: str, x_label: str, y_label: str
) -> Markup:
    """Draw (measured, claimed) pairs; a point on the diagonal is an honest one.

    Args:
        points: measured, claimed, and whether the two agree; disagreeing ones are drawn last, as crosses.
        name: unique on the page.
        title: accessible name.
        desc: the text twin.
        x_label: name of the horizontal axis.
        y_label: name of the vertical axis.
    """
    values = [value for x, y, _ in points for value in (x, y)]
    steps = ticks(min(values), max(values))
    across = Scale(steps[0], steps[-1], _LEFT, _SIDE - _RIGHT)
    up = Scale(steps[0], steps[-1], _SIDE - _BOTTOM, _TOP)
    parts = [*_grid(steps, across, up)]
    shown = sorted(points, key=lambda point: point[2], reverse=True)[-_MOST:]
    parts += [_point(across.at(x), up.at(y), agrees) for x, y, agrees in shown]
    parts.append(svg.text((_LEFT + _SIDE - _RIGHT) / 2, _SIDE - 5, x_label, "name", "middle"))
    parts.append(svg.text(2, 11, y_label, "name"))
    return svg.drawing((_SIDE, _SIDE), name, title, desc, parts)


def _grid(steps: Sequence[float], across: Scale, up: Scale) -> list[Markup]:
    parts: list[Markup] = []
    for value in steps:
        x, y = svg.number(across.at(value)), svg.number(up.at(value))
        parts.append(svg.element("path", d=f"M{svg.number(across.start)} {y}H{svg.number(across.end)}", class_="grid"))
        parts.append(svg.text(across.start - 6, up.at(value) + 4, figure(value), "tick", "end"))
        parts.append(svg.element("path", d=f"M{x} {svg.number(up.start)}V{svg.number(up.end)}", class_="grid"))
        parts.append(svg.text(across.at(value), up.start + 16, figure(value), "tick", "middle"))
    corner = f"M{svg.number(across.start)} {svg.number(up.start)}L{svg.number(across.end)} {svg.number(up.end)}"
    return [*parts, svg.element("path", d=corner, class_="axis")]


def _point(x: float, y: float, agrees: bool) -> Markup:
    if agrees:
        return svg.element("circle", cx=x, cy=y, r=3.0, class_="dot c0")
    left, right, top, bottom = (svg.number(value) for value in (x - 4, x + 4, y - 4, y + 4))
    return svg.element("path", d=f"M{left} {top}L{right} {bottom}M{left} {bottom}L{right} {top}", class_="cross c1")
