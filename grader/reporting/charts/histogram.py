"""Upright bars over equal steps: how the points of a class are distributed."""

from collections.abc import Sequence

from markupsafe import Markup

from grader.reporting.charts import svg
from grader.reporting.charts.scale import Scale

_WIDTH, _HEIGHT = 480.0, 170.0
_TOP, _BOTTOM, _GAP = 20.0, 34.0, 4.0


def histogram(
    counts: Sequence[int], labels: Sequence[str], *, name: str, title: str, desc: str, x_label: str
) -> Markup:
    """Draw a histogram with the number on every bar.

    Args:
        counts: height of each bar.
        labels: below the edges: one more than bars.
        name: unique on the page.
        title: accessible name.
        desc: the text twin.
        x_label: name of the axis.
    """
    step = _WIDTH / len(counts)
    up = Scale(0.0, max([*counts, 1]), _HEIGHT - _BOTTOM, _TOP)
    base = up.at(0.0)
    parts = [svg.element("path", d=f"M0 {svg.number(base)}H{svg.number(_WIDTH)}", class_="axis")]
    for number, count in enumerate(counts):
        left, top = number * step + _GAP / 2, up.at(count)
        if count:
            parts.append(svg.element("rect", x=left, y=top, width=step - _GAP, height=base - top, class_="bar c0"))
            parts.append(svg.text(left + (step - _GAP) / 2, top - 5, str(count), "value", "middle"))
    for number, label in enumerate(labels):
        anchor = "start" if number == 0 else "end" if number == len(labels) - 1 else "middle"
        parts.append(svg.text(number * step, base + 15, label, "tick", anchor))
    parts.append(svg.text(_WIDTH / 2, _HEIGHT - 3, x_label, "name", "middle"))
    return svg.drawing((_WIDTH, _HEIGHT), name, title, desc, parts)
