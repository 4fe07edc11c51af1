"""What a person decided about grades, apart from what the checks found."""

from dataclasses import dataclass
from typing import Literal

DecisionKind = Literal["score", "check", "drop", "points", "on time"]


@dataclass(frozen=True)
class Decision:
    """One decision of a person; it is revoked by another one, never removed."""

    kind: DecisionKind
    """`score`: a student's points of the lab; `check`: a student's points of one check; `drop`: a check counts for
    nobody; `points`: a check is worth something else; `on time`: no lateness for a student."""
    lab_id: str
    """The lab."""
    reason: str
    """Why, for the student."""
    actor: str
    """Who decided."""
    student_id: str = ""
    """Whom it is about; everybody when empty."""
    check_id: str = ""
    """Which check it is about."""
    points: float | None = None
    """The points that were decided."""
    at: str = ""
    """ISO 8601 with zone."""
    number: int = 0
    """Its number in the gradebook, by which it is revoked."""
