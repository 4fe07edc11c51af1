"""Finds the line of the student's cell that raised, in the traceback of its kernel."""

import re

from grader.model.run import CellError
from grader.model.safe_text import one_line

#: As IPython begins the part of a cell: the first is the cell that was run, others are functions of earlier cells.
_FRAME = re.compile(r"^[ ]*Cell In\[\d+\], line (?P<number>\d+)[^\n]*\n(?P<lines>.*)", re.MULTILINE | re.DOTALL)
_ARROW = re.compile(r"^-+> (?P<number>\d+) (?P<code>[^\n]*)", re.MULTILINE)


def failing_line(error: CellError) -> str:
    """Say in which line of its cell an exception was raised.

    Args:
        error: hostile; its traceback is plain text.

    Returns:
        `line 14: from google.colab import drive`; name and text of the exception where the traceback shows no line.
    """
    frame = _FRAME.search(error.traceback)
    if frame is None:
        return f"{one_line(error.name, 80)}: {one_line(error.message, 400)}"
    arrow = _ARROW.search(frame["lines"])
    # a syntax error has no arrow: the line itself comes next
    code = arrow["code"] if arrow is not None and arrow["number"] == frame["number"] else frame["lines"]
    return f"line {frame['number']}: {one_line(code.partition(chr(10))[0], 200)}"
