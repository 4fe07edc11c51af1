"""Projects what the checks found into the grade that counts: decisions and lateness applied, nothing run again."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from grader.grading.penalties import late_adjustment
from grader.grading.score import score
from grader.model.decision import Decision
from grader.model.grade import Adjustment, Grade
from grader.model.lab import LatePolicy
from grader.model.points import earned, to_cents
from grader.model.verdict import Verdict, VerdictStatus


def project(grade: Grade, policy: LatePolicy, received: dt.datetime, decisions: Sequence[Decision]) -> Grade:
    """Return the grade that counts.

    Args:
        grade: as the checks made it, without adjustments.
        policy: what lateness costs.
        received: when it was handed in.
        decisions: those in force for this lab and student, oldest first.

    Returns:
        The same grade with changed checks, adjustments, score and totals. Dropped checks leave the total.
    """
    verdicts = tuple(_changed(verdict, decisions) for verdict in grade.verdicts)
    total = sum((_counted(verdict, decisions) for verdict in verdicts), Decimal(0))
    adjustments = list(_check_adjustments(verdicts, decisions))
    if not any(decision.kind == "on time" for decision in decisions):
        late = late_adjustment(policy, received, grade.lab.points)
        adjustments += [late] if late else []
    summed = score(verdicts, grade.lab.bonus, adjustments)
    final = next((decision for decision in reversed(decisions) if decision.kind == "score"), None)
    if final is not None and final.points is not None:
        adjustments.append(_adjustment("override", to_cents(final.points) - to_cents(summed.score), final))
        summed = replace(summed, score=float(to_cents(final.points)))
    untouched = all(decision.kind not in {"drop", "points"} for decision in decisions)
    return replace(
        grade,
        score=summed.score,
        possible=summed.possible,
        total=grade.total if untouched else float(total),
        bonus=summed.bonus,
        verdicts=verdicts,
        adjustments=tuple(adjustments),
        counts=summed.counts,
    )


def _changed(verdict: Verdict, decisions: Sequence[Decision]) -> Verdict:
    mine = [decision for decision in decisions if decision.check_id == verdict.check.id]
    for decision in mine:
        if decision.kind == "points" and decision.points is not None:
            verdict = replace(verdict, check=replace(verdict.check, points=decision.points))
    if earned(verdict) is None:
        verdict = _by_hand(verdict, mine)
    for decision in mine:
        if decision.kind == "drop":
            message = f"This check does not count: {decision.reason}"
            verdict = replace(verdict, status=VerdictStatus.NOT_JUDGED, fraction=None, message=message, waits_for=())
    return verdict


def _by_hand(verdict: Verdict, decisions: Sequence[Decision]) -> Verdict:
    """A check that broke or could not be judged comes back into the total when a person judges it."""
    for decision in reversed(decisions):
        if decision.kind == "check" and decision.points is not None:
            share = min(max(decision.points / verdict.check.points, 0.0), 1.0)
            message = f"Judged by hand: {decision.reason}"
            return replace(verdict, status=VerdictStatus.PARTLY, fraction=share, message=message)
    return verdict


def _counted(verdict: Verdict, decisions: Sequence[Decision]) -> Decimal:
    dropped = any(decision.kind == "drop" and decision.check_id == verdict.check.id for decision in decisions)
    return Decimal(0) if dropped or verdict.check.bonus else to_cents(verdict.check.points)


def _check_adjustments(verdicts: Sequence[Verdict], decisions: Sequence[Decision]) -> list[Adjustment]:
    """The newest decision on a check counts; it replaces what the check gave."""
    by_check = {decision.check_id: decision for decision in decisions if decision.kind == "check"}
    made: list[Adjustment] = []
    for verdict in verdicts:
        decision, before = by_check.get(verdict.check.id), earned(verdict)
        if decision is None or decision.points is None or before is None:
            continue
        change = to_cents(decision.points) - before
        if change:
            made.append(_adjustment(f"check {verdict.check.id}", change, decision))
    return made


def _adjustment(what: str, points: Decimal, decision: Decision) -> Adjustment:
    return Adjustment(what, float(points), decision.actor, decision.at, decision.reason)
