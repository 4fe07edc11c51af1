"""Draws what a submission costs under each grader: bars of CPU time, the floor marked in each."""

import statistics
from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from bench.peers.ratios import AGAIN, FLOOR, UNCHANGED, Rounds, column
from grader.reporting.charts.svg import element, text

_WIDTH, _LEFT, _ROW, _BAR = 760.0, 210.0, 34.0, 20.0
_STYLE = """
svg { font: 13px system-ui, sans-serif; background: #fff; fill: #1a1a1a }
.floor { fill: #6b7280 } .over { fill: #2563eb } .range { stroke: #1a1a1a; stroke-width: 1.5 }
@media (prefers-color-scheme: dark) {
  svg { background: #14161a; fill: #e8e8e8 } .range { stroke: #e8e8e8 } .over { fill: #7aa2ff } .floor { fill: #9ca3af }
}"""


def draw(figures: Mapping[str, Any]) -> str:
    """Return an SVG file.

    Args:
        figures: as speed.json holds them.
    """
    rounds: Rounds = figures["rounds"]
    ways = {way for round_ in rounds for way in round_} - {UNCHANGED, AGAIN}
    middle = {way: statistics.median(column(rounds, way, "cpu")) for way in ways}
    most = max(max(column(rounds, way, "cpu")) for way in ways)
    scale = (_WIDTH - _LEFT - 70) / most
    floor = middle.get(FLOOR, 0.0)
    title = "CPU of one submission, seconds: the student's own cells, and what the grader adds"
    parts = [element("title", title), element("style", Markup(_STYLE)), text(10, 20, title)]
    for row, way in enumerate(sorted(ways, key=lambda way: middle[way])):
        y = 36 + row * _ROW
        inside = min(floor, middle[way])
        values = column(rounds, way, "cpu")
        parts += [
            text(_LEFT - 10, y + 15, way, anchor="end"),
            element("rect", x=_LEFT, y=y, width=inside * scale, height=_BAR, class_="floor"),
            element(
                "rect", x=_LEFT + inside * scale, y=y, width=(middle[way] - inside) * scale, height=_BAR, class_="over"
            ),
            _line(_LEFT + min(values) * scale, _LEFT + max(values) * scale, y + _BAR / 2),
            text(_LEFT + max(values) * scale + 8, y + 15, f"{middle[way]:.2f}"),
        ]
    height = 44 + len(ways) * _ROW
    size = {"viewBox": f"0 0 {_WIDTH:g} {height:g}", "width": _WIDTH, "height": height}
    return str(element("svg", Markup("\n").join(parts), xmlns="http://www.w3.org/2000/svg", role="img", **size)) + "\n"


def _line(start: float, end: float, y: float) -> Markup:
    return element("line", x1=start, x2=end, y1=y, y2=y, class_="range")
