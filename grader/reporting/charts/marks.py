"""Drawings of one line, set beside numbers that say the same: a share, a dot with its interval, a strip of counts."""

from collections.abc import Sequence

from markupsafe import Markup

from grader.reporting.charts import svg
from grader.reporting.charts.scale import Scale

_LONG = 200.0


def share_bar(share: float, *, limited: bool = True) -> Markup:
    """Draw a share of a limit as a filled track.

    Args:
        share: 0 to 1.
        limited: whether 1 is a limit, so that coming close to it is shown.
    """
    css = "bar hot" if limited and share >= 0.9 else "bar p0"
    track = svg.element("rect", width=_LONG, height=10, class_="track")
    return svg.decoration(_LONG, 10, "mark", [track, svg.element("rect", width=share * _LONG, height=10, class_=css)])


def dot(value: float, low: float | None, high: float | None, start: float, end: float) -> Markup:
    """Draw a value between two ends, with its interval."""
    across = Scale(start, end, 6.0, _LONG - 6.0)
    parts = [svg.element("path", d=f"M0 10H{svg.number(_LONG)}", class_="rail")]
    if low is not None and high is not None:
        span = f"M{svg.number(across.at(low))} 10H{svg.number(across.at(high))}"
        parts.append(svg.element("path", d=span, class_="whisker"))
    parts.append(svg.element("rect", x=across.at(value) - 2.5, y=3, width=5, height=14, class_="bar p0"))
    return svg.decoration(_LONG, 20, "mark", parts)


def strip(shares: Sequence[tuple[str, float]]) -> Markup:
    """Draw points by state as one strip.

    Args:
        shares: CSS key of the state and its points, in drawing order; states without points are left out.
    """
    total = sum(points for _, points in shares)
    parts: list[Markup] = []
    reached = 0.0
    for key, points in shares:
        if points > 0:
            width = points / total * 1000
            parts.append(svg.element("rect", x=reached, width=max(width - 3, 1), height=10, class_=f"fill-{key}"))
            reached += width
    return svg.decoration(1000, 10, "strip", parts)
