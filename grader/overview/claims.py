"""Puts every number that a student reports beside the one that was measured."""

import math
from collections.abc import Iterable, Iterator

from grader.model.overview import Claim, Entry
from grader.model.verdict import Verdict


def find_claims(entries: Iterable[Entry]) -> tuple[Claim, ...]:
    """Return every claimed number of a class that was measured as well.

    Args:
        entries: every student.

    Returns:
        In the order of the students and checks; values that are not finite are left out.
    """
    return tuple(
        claim
        for entry in entries
        if entry.grade is not None
        for verdict in entry.grade.verdicts
        for claim in _claims(entry.student, verdict)
    )


def _claims(student: str, verdict: Verdict) -> Iterator[Claim]:
    for row in verdict.rows:
        claimed, measured = _number(row.claimed), _number(row.measured)
        if claimed is not None and measured is not None:
            yield Claim(student, row.label, claimed, measured, row.met is not False)


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)
