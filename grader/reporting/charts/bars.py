"""Horizontal bars with their values, stacked parts and a limit: memory, latency, time."""

from collections.abc import Sequence

from markupsafe import Markup

from grader.model.quantities import size
from grader.model.verdict import Plot
from grader.reporting import words
from grader.reporting.charts import data, svg
from grader.reporting.charts.drawn import Drawn, Table
from grader.reporting.charts.scale import Scale
from grader.reporting.figures import figure

_WIDTH = 480.0
_VALUE = 92.0
_ROW, _BAR = 46.0, 18.0


def bars(plot: Plot, name: str, title: str) -> Drawn | None:
    """Draw bars, or None when no bar has a number."""
    found = data.bars(plot.data)
    if not found:
        return None
    unit = data.label(plot.data, "unit", 16)
    mark = data.limit(plot.data)
    top = 24.0 if mark else 2.0
    largest = max([one.value for one in found] + ([mark.value] if mark else []))
    across = Scale(0.0, largest or 1.0, 0.0, _WIDTH - _VALUE)
    kinds = _part_names(found)
    parts = [piece for row, one in enumerate(found) for piece in _bar(one, top + row * _ROW, across, unit, kinds)]
    height = top + len(found) * _ROW
    if mark:
        parts += _limit(mark, across.at(mark.value), height, unit)
    twin = tuple(_in_words(one, unit) for one in found)
    if mark:
        twin = (*twin, f"{mark.name}: {_amount(mark.value, unit)}")
    picture = svg.drawing((_WIDTH, height), name, title, ". ".join(twin), parts)
    table = _table(title, found, kinds, unit) if kinds else None
    return Drawn("bars", title, picture, () if table else twin, table, kinds)


def _amount(value: float, unit: str) -> str:
    if unit == "bytes":
        return size(value)
    return figure(int(value) if value.is_integer() and abs(value) < 1e15 else value, unit)


def _part_names(found: Sequence[data.Bar]) -> tuple[str, ...]:
    names = dict.fromkeys(part.name for one in found for part in one.parts)
    return tuple(names)[:6]


def _bar(one: data.Bar, y: float, across: Scale, unit: str, kinds: Sequence[str]) -> list[Markup]:
    end = across.at(one.value)
    parts = [svg.text(0, y + 12, one.name, "label")]
    if one.parts:
        parts += _stack(one, y + 18, across, kinds)
    else:
        parts.append(_block(0.0, y + 18, end, "p0"))
    parts.append(svg.text(max(end, 2.0) + 7, y + 32, _amount(one.value, unit), "value"))
    return parts


def _stack(one: data.Bar, y: float, across: Scale, kinds: Sequence[str]) -> list[Markup]:
    """Lay the parts end to end, one unit apart, so that neighbours are told apart without colour."""
    parts: list[Markup] = []
    reached = 0.0
    for part in one.parts:
        if part.name in kinds:
            start, end = across.at(reached), across.at(reached + part.value)
            gap = 1.0 if end - start > 3 else 0.0
            parts.append(_block(start, y, end - start - gap, f"p{kinds.index(part.name)}"))
        reached += part.value
    return parts


def _block(x: float, y: float, width: float, css: str) -> Markup:
    return svg.element("rect", x=x, y=y, width=max(width, 0.6), height=_BAR, class_=f"bar {css}")


def _limit(mark: data.Part, x: float, height: float, unit: str) -> list[Markup]:
    line = f"M{svg.number(x)} 18V{svg.number(height)}"
    label = f"{mark.name} {_amount(mark.value, unit)}"
    anchor = "end" if x > _WIDTH / 2 else "start"
    return [svg.element("path", d=line, class_="limit"), svg.text(x, 12, label, "tick", anchor)]


def _in_words(one: data.Bar, unit: str) -> str:
    named = [f"{part.name} {_amount(part.value, unit)}" for part in one.parts]
    return words.parts_line(f"{one.name}: {_amount(one.value, unit)}", named)


def _table(title: str, found: Sequence[data.Bar], kinds: Sequence[str], unit: str) -> Table:
    rows: list[tuple[str, ...]] = []
    for one in found:
        amounts = {part.name: part.value for part in one.parts}
        cells = [_amount(amounts[kind], unit) if kind in amounts else "–" for kind in kinds]
        rows.append((one.name, *cells, _amount(one.value, unit)))
    return Table(title, ("", *kinds, words.TOTAL), tuple(rows))
