"""Adds up verdicts: pure functions over what was judged."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from grader.model.grade import Adjustment
from grader.model.points import earned, to_cents
from grader.model.verdict import Verdict, VerdictStatus


@dataclass(frozen=True)
class Score:
    """The sum of a run's verdicts."""

    score: float
    """Points earned, bonus included, after adjustments."""
    possible: float
    """Points that could be judged, bonus left out."""
    bonus: float
    """Points of `score` that are bonus."""
    counts: dict[str, int]
    """Verdicts by status, in the order of `VerdictStatus`; statuses that did not occur are 0."""

    @property
    def percentage(self) -> float | None:
        """Score in percent of what could be judged; None when nothing could."""
        return None if self.possible == 0 else 100 * self.score / self.possible


def score(verdicts: Sequence[Verdict], most_bonus: float = 0.0, adjustments: Sequence[Adjustment] = ()) -> Score:
    """Add up verdicts.

    Args:
        verdicts: the answers of all checks, in any order.
        most_bonus: most points that bonus checks may add together.
        adjustments: changes that no check made, such as a deduction for lateness.

    Returns:
        The sum. Points of our faults, and of checks that could not be judged here, are neither earned nor possible.
        The score is never below 0 and never above `possible` and `most_bonus` together.
    """
    plain = possible = extra = Decimal(0)
    for verdict in verdicts:
        points = earned(verdict)
        if points is None:
            continue
        if verdict.check.bonus:
            extra += points
        else:
            plain += points
            possible += to_cents(verdict.check.points)
    extra = min(extra, to_cents(most_bonus))
    changes = sum((to_cents(adjustment.points) for adjustment in adjustments), Decimal(0))
    total = min(max(plain + extra + changes, Decimal(0)), possible + to_cents(most_bonus))
    return Score(float(total), float(possible), float(min(extra, total)), count_statuses(verdicts))


def count_statuses(verdicts: Sequence[Verdict]) -> dict[str, int]:
    """Count verdicts by status.

    Args:
        verdicts: the answers of all checks.

    Returns:
        A number for each of the five statuses.
    """
    return {status.value: sum(1 for verdict in verdicts if verdict.status == status) for status in VerdictStatus}
