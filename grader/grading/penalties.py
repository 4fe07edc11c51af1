"""What lateness costs: a pure function of the lab's policy and two times."""

import datetime as dt
import math
from dataclasses import dataclass

from grader.model.grade import Adjustment
from grader.model.lab import LatePolicy
from grader.model.points import to_cents

_DAY = 86400


@dataclass(frozen=True)
class Lateness:
    """How late a submission is."""

    seconds: int
    """After the due time; 0 for one that is on time."""
    days: int
    """Days begun after the due time and the grace; 0 when nothing is taken."""


def lateness(policy: LatePolicy, received: dt.datetime) -> Lateness:
    """Tell how late a submission is.

    Args:
        policy: of the lab.
        received: when it was handed in, with zone.
    """
    if not policy.due:
        return Lateness(0, 0)
    late = (received - dt.datetime.fromisoformat(policy.due)).total_seconds()
    beyond = late - policy.grace_minutes * 60
    return Lateness(max(0, math.ceil(late)), max(0, math.ceil(beyond / _DAY)))


def late_adjustment(policy: LatePolicy, received: dt.datetime, lab_points: float) -> Adjustment | None:
    """Return what lateness takes.

    Args:
        policy: of the lab.
        received: when the submission was handed in, with zone.
        lab_points: points of the lab, of which the penalty is a percentage.

    Returns:
        A deduction; None when there is none.
    """
    days = lateness(policy, received).days
    percent = min(days * policy.penalty_per_day, policy.cap)
    if percent <= 0:
        return None
    points = -float(to_cents(lab_points * percent / 100))
    begun = "1 day" if days == 1 else f"{days} days"
    why = f"{begun} late: {percent:g} % of {lab_points:g} points"
    return Adjustment("late", points, "late policy", received.isoformat(timespec="seconds"), why)
