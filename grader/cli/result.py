"""Prints a grade on the terminal, the way UX conventions ask: evidence first, the next action last."""

from pathlib import Path
from typing import TYPE_CHECKING

from rich.text import Text

from grader.cli.output import stdout

if TYPE_CHECKING:
    from grader.model.grade import Grade
    from grader.wiring import Workshop

#: Tone of a line -> how a terminal shows it; the words say everything without colour.
_STYLES = {"plain": "", "title": "bold", "quiet": "bright_black", "good": "green", "warn": "yellow", "bad": "red"}


def print_grade(workshop: "Workshop", grade: "Grade", folder: Path, *, staff: bool = False) -> None:
    """Print the result of one submission on stdout.

    Args:
        workshop: knows how to put a grade into lines.
        grade: the grade.
        folder: its run folder.
        staff: show what students do not see.
    """
    out = stdout()
    for line in workshop.terminal_lines(grade, folder, staff=staff):
        out.print(Text(line.text, style=_STYLES[line.tone]))
