"""What drawing a plot gives to a page: the picture and its words."""

from dataclasses import dataclass

from markupsafe import Markup


@dataclass(frozen=True)
class Table:
    """A table that says the same as the picture, or is the picture."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    """The first cell of a row is its header."""
    marks: tuple[Markup, ...] = ()
    """One small drawing per row, hidden from screen readers."""
    ends: tuple[str, ...] = ()
    """What the two ends of these drawings stand for."""
    diagonal: bool = False
    """Whether cell (i, i + 1) is to stand out."""


@dataclass(frozen=True)
class Drawn:
    """One plot, ready for a template."""

    kind: str
    title: str
    picture: Markup | None
    lines: tuple[str, ...]
    """The text twin, one sentence per series or bar."""
    table: Table | None = None
    legend: tuple[str, ...] = ()
    """Names of the parts of stacked bars, in the order of their colours."""
