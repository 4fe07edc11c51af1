"""Tables of the class on a terminal, in which nothing that somebody wrote is taken for markup."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from grader.cli.errors import printable

if TYPE_CHECKING:
    from grader.gradebook.grades import Standing


def plain_table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    """Return a table whose cells are shown as they are.

    Args:
        columns: the headings.
        rows: a cell for each column.
    """
    table = Table(*columns, box=None, pad_edge=False)
    for row in rows:
        table.add_row(*(Text(printable(cell)) for cell in row))
    return table


def standings_table(standings: Sequence["Standing"]) -> Table:
    """Return where students stand, with their names where a roster or a download says them.

    Args:
        standings: students in labs.
    """
    named = any(entry.name for entry in standings)
    columns = ("Lab", "Student", *(("Name",) * named), "State", "Points", "Late", "Attempts", "Run or reason")
    return plain_table(columns, (_row(entry, named=named) for entry in standings))


def _row(entry: "Standing", *, named: bool) -> tuple[str, ...]:
    points = "" if entry.points is None else f"{entry.points:g} / {entry.possible:g}"
    late = f"{entry.late_seconds / 3600:.1f} h" if entry.late_seconds else "marked late" * entry.late_mark
    ending = entry.run_id if entry.state == "graded" else f"{entry.code} {entry.message}".strip()
    name = (entry.name,) * named
    return (entry.lab_id, entry.sid, *name, entry.state, points, late, str(entry.attempts or ""), ending)
