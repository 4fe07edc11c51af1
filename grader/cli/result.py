"""Prints a grade on the terminal, the way UX conventions ask: evidence first, the next action last."""

from pathlib import Path
from typing import TYPE_CHECKING

from rich.text import Text

from grader.cli.output import stdout

if TYPE_CHECKING:
    from grader.model.grade import Grade
    from grader.wiring import Workshop

#: First character of a line -> its colour.
_COLORS = {"✓": "green", "◐": "yellow", "✗": "red", "⚠": "magenta", "–": "bright_black"}


def print_grade(workshop: "Workshop", grade: "Grade", folder: Path, *, staff: bool) -> None:
    """Print the result of one submission on stdout.

    Args:
        workshop: knows how to put a grade into lines.
        grade: the grade.
        folder: its run folder.
        staff: with the hidden checks.
    """
    out = stdout()
    for line in workshop.terminal_lines(grade, folder, staff=staff):
        color = _COLORS.get(line.strip()[:1], "")
        out.print(Text(line, style=color))
