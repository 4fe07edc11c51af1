"""Item analysis: how hard each check is, and whether it tells the strong from the weak."""

import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from grader.model.grade import Grade
from grader.model.overview import Item
from grader.model.points import earned
from grader.model.verdict import DeclaredCheck, Verdict, VerdictStatus
from grader.overview.masking import masked

#: A check that nearly everybody or nearly nobody meets tells nothing (open.edu 52746: 95 % is extremely easy).
_EASY, _HARD = 0.95, 0.05
_FEWEST_FOR_CORRELATION = 3


@dataclass(frozen=True)
class _Answer:
    fraction: float
    rest: float
    """Share of the student's other points."""


def analyse_items(grades: Sequence[Grade]) -> tuple[Item, ...]:
    """Analyse every check of a lab over a class.

    Args:
        grades: one per student, of one lab; a later version may have other checks.

    Returns:
        One item per check id, in the author's order of the newest grades.
    """
    checks: dict[str, DeclaredCheck] = {}
    for grade in sorted(grades, key=lambda grade: grade.graded, reverse=True):
        for verdict in grade.verdicts:
            checks.setdefault(verdict.check.id, verdict.check)
    return tuple(_item(check, grades) for check in checks.values())


def _item(check: DeclaredCheck, grades: Sequence[Grade]) -> Item:
    found = [(verdict, grade) for grade in grades for verdict in grade.verdicts if verdict.check.id == check.id]
    judged = [(verdict, grade) for verdict, grade in found if _was_judged(verdict)]
    states = Counter(verdict.status for verdict, _ in judged)
    answers = [_Answer(verdict.fraction or 0.0, _rest(grade, verdict)) for verdict, grade in judged]
    messages = Counter(masked(verdict.message) for verdict, _ in judged if verdict.message and not _met(verdict))
    faults = sum(verdict.status is VerdictStatus.OUR_FAULT for verdict, _ in found)
    facility = statistics.fmean(answer.fraction for answer in answers) if answers else None
    discrimination = _correlation(answers)
    return Item(
        check=check.id,
        title=check.title,
        points=check.points,
        hidden=check.hidden,
        n=len(judged),
        passed=states[VerdictStatus.PASSED],
        partly=states[VerdictStatus.PARTLY],
        failed=states[VerdictStatus.FAILED],
        blocked=sum(verdict.status is VerdictStatus.NOT_JUDGED for verdict, _ in found),
        faults=faults,
        facility=facility,
        discrimination=discrimination,
        message=messages.most_common(1)[0][0] if messages else "",
        seconds=statistics.median(verdict.seconds for verdict, _ in found) if found else 0.0,
        note=_note(faults, facility, discrimination),
    )


def _was_judged(verdict: Verdict) -> bool:
    return verdict.status in {VerdictStatus.PASSED, VerdictStatus.PARTLY, VerdictStatus.FAILED}


def _met(verdict: Verdict) -> bool:
    return verdict.status is VerdictStatus.PASSED


def _rest(grade: Grade, verdict: Verdict) -> float:
    """The share of the other points, so that a heavy check does not correlate with itself."""
    others = [other for other in grade.verdicts if other.check.id != verdict.check.id and other.fraction is not None]
    possible = sum(other.check.points for other in others)
    return float(sum(earned(other) or 0 for other in others)) / possible if possible else 0.0


def _correlation(answers: Sequence[_Answer]) -> float | None:
    if len(answers) < _FEWEST_FOR_CORRELATION:
        return None
    try:
        return statistics.correlation([answer.fraction for answer in answers], [answer.rest for answer in answers])
    except statistics.StatisticsError:  # everybody is equal in one of both
        return None


def _note(faults: int, facility: float | None, discrimination: float | None) -> str:
    if faults:
        return "broken"
    if discrimination is not None and discrimination < 0:
        return "review"
    if facility is not None and not _HARD <= facility <= _EASY:
        return "tells nothing"
    return ""
