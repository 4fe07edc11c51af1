"""Finds the solution regions of one cell and puts a stub in place of each."""

import ast
import json
import re
from dataclasses import dataclass

from grader.errors import LabFault

_BEGIN = re.compile(r"^(?P<indent>\s*)### BEGIN SOLUTION(?:: *(?P<words>.+?))?\s*$")
_END = re.compile(r"^\s*### END SOLUTION\s*$")
_MARKER = re.compile(r"(BEGIN|END)\s+SOLUTION", re.IGNORECASE)
_COMMENT = re.compile(r"^\s*#\s*(?P<words>Exercise\s.+?)\s*$")


@dataclass(frozen=True)
class Region:
    """One solution region: the lines from its BEGIN marker to its END marker, both included."""

    first: int
    """Index of the line of the BEGIN marker."""
    last: int
    """Index of the line of the END marker."""
    indent: str
    words: str
    """What the author wrote after the marker, for a cell with several stubs; usually empty."""


def find_regions(source: str, where: str) -> tuple[Region, ...]:
    """Find the solution regions of a cell.

    Args:
        source: the source of the cell.
        where: the cell in words, for messages.

    Returns:
        The regions in order; none when the cell is the same for students.

    Raises:
        LabFault: GR203, a marker is misspelt, a region is not closed, not opened, or nested in another.
    """
    regions: list[Region] = []
    opened: re.Match[str] | None = None
    first = 0
    for number, line in enumerate(source.splitlines()):
        begin, end = _BEGIN.match(line), _END.match(line)
        if begin and opened:
            raise _fault(where, f"line {number + 1} begins a solution inside the one of line {first + 1}")
        if end and not opened:
            raise _fault(where, f"line {number + 1} ends a solution that no line began")
        if begin:
            opened, first = begin, number
        elif end and opened:
            regions.append(Region(first, number, opened["indent"], opened["words"] or ""))
            opened = None
        elif _MARKER.search(line):
            raise _fault(where, f"line {number + 1} is neither `### BEGIN SOLUTION` nor `### END SOLUTION`")
    if opened:
        raise _fault(where, f"the solution that begins in line {first + 1} is never ended")
    return tuple(regions)


def strip(source: str, where: str, exercise: str, title: str) -> str:
    """Replace every solution region of a code cell by a stub that names the exercise.

    The words of a stub are, in this order: those after the BEGIN marker, the first comment of the cell that reads
    `# Exercise 3: ...`, the title of the exercise in lab.toml.

    Args:
        source: the source of the cell.
        where: the cell in words, for messages.
        exercise: the name of the exercise, such as `Exercise 3`.
        title: what it asks for, such as `choose the training arguments`.

    Returns:
        The source that students get.

    Raises:
        LabFault: GR203, the markers do not pair, or what is left is not Python.
    """
    lines = source.splitlines()
    sentence = _comment(lines) or f"{exercise}: {title}"
    for region in reversed(find_regions(source, where)):
        words = f"{exercise}: {region.words}" if region.words else sentence
        text = json.dumps(words, ensure_ascii=False)
        lines[region.first : region.last + 1] = [f"{region.indent}raise NotImplementedError({text})"]
    stripped = "\n".join(lines)
    try:
        ast.parse(stripped)
    except SyntaxError as exc:
        raise _fault(where, f"without its solution line {exc.lineno} is not Python: {exc.msg}") from exc
    return stripped


def solution_lines(source: str, where: str) -> tuple[str, ...]:
    """Return the lines inside the solution regions of a cell, stripped of white space, without empty ones."""
    lines = source.splitlines()
    inside = (line.strip() for region in find_regions(source, where) for line in lines[region.first + 1 : region.last])
    return tuple(line for line in inside if line)


def _comment(lines: list[str]) -> str:
    found = next((match for line in lines if (match := _COMMENT.match(line))), None)
    return found["words"] if found else ""


def _fault(where: str, what: str) -> LabFault:
    return LabFault("GR203", f"{where}: {what}.", "Put each solution between the two markers, each on its own line.")
