"""The door to the charts: one plot of a check in, its picture and its words out."""

from grader.model.safe_text import one_line
from grader.model.verdict import Plot
from grader.reporting import words
from grader.reporting.charts.bars import bars
from grader.reporting.charts.curve import curve
from grader.reporting.charts.drawn import Drawn
from grader.reporting.charts.tables import confusion, slices


def draw(plot: Plot, name: str) -> Drawn:
    """Draw a plot.

    Args:
        plot: data of a check; numbers in it may stem from students' files.
        name: unique on the page; makes the ids of the drawing.

    Returns:
        The drawing; without data that can be drawn, a sentence that says so.
    """
    title = one_line(plot.title, 120) or plot.kind.capitalize()
    if plot.kind == "curve":
        drawn = curve(plot, name, title)
    elif plot.kind == "bars":
        drawn = bars(plot, name, title)
    elif plot.kind == "confusion":
        drawn = confusion(plot, title)
    else:
        drawn = slices(plot, title)
    return drawn or Drawn(plot.kind, title, None, (words.NO_DATA,))
