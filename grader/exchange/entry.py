"""What every class-wide format is made of: one student in one lab."""

import datetime as dt
from dataclasses import dataclass, field

from grader.model.grade import Grade
from grader.model.points import to_cents
from grader.model.run import RunStatus
from grader.model.verdict import VerdictStatus


@dataclass(frozen=True)
class Entry:
    """One student in one lab."""

    sid: str
    """The student's id."""
    lab_id: str
    """The lab."""
    lab_title: str = ""
    """Its title."""
    name: str = ""
    """The student, as people write it."""
    email: str = ""
    """Address."""
    section: str = ""
    """Group or section."""
    lms: dict[str, str] = field(default_factory=dict[str, str])
    """Ids by system."""
    state: str = "missing"
    """`graded`, `refused`, `waiting` or `missing`."""
    attempts: int = 0
    """Submissions of the lab."""
    received: dt.datetime | None = None
    """When the one that counts was handed in, if that is known."""
    due: str = ""
    """When the lab was due."""
    late_seconds: int = 0
    """How long after that."""
    raw: float | None = None
    """Points by the checks alone."""
    points: float | None = None
    """Points that count."""
    possible: float | None = None
    """Points that could be judged."""
    total: float | None = None
    """Points of the lab."""
    run_id: str = ""
    """The run."""
    code: str = ""
    """Why there is no grade, or how the run ended."""
    comment: str = ""
    """Words for the student."""

    @property
    def counted(self) -> float | None:
        """Points out of `total`: what was left out for a fault of ours does not lower them; None without a grade."""
        if self.points is None or self.possible is None or self.total is None:
            return None
        return counted(self.points, self.possible, self.total)

    def scaled_to(self, most: float) -> float | None:
        """Return `counted` for a column that is worth something else."""
        if self.counted is None or not self.total:
            return None
        return float(to_cents(self.counted * most / self.total)) if most != self.total else self.counted


def counted(points: float, possible: float, total: float) -> float | None:
    """Return points out of a lab's total.

    Args:
        points: earned.
        possible: what could be judged.
        total: of the lab.

    Returns:
        The points in proportion, where a part could not be judged; None when nothing could.
    """
    if possible <= 0:
        return None
    return float(to_cents(points * total / possible)) if possible < total else float(to_cents(points))


def needs_person(grade: Grade) -> bool:
    """Tell whether a fault of ours is in a grade, so that a person should look before it counts."""
    statuses = {verdict.status for verdict in grade.verdicts}
    return grade.run.status is RunStatus.OUR_FAULT or VerdictStatus.OUR_FAULT in statuses or grade.possible <= 0


def summary(grade: Grade) -> str:
    """Return a grade in one sentence, for a comment.

    Args:
        grade: as the student may read it.
    """
    met = sum(1 for verdict in grade.verdicts if verdict.status is VerdictStatus.PASSED)
    parts = [f"{grade.score:g} of {grade.possible:g} points: {met} of {len(grade.verdicts)} checks met."]
    if grade.possible < grade.total:
        parts.append(f"{grade.total - grade.possible:g} points could not be judged and do not count.")
    parts += [f"{entry.what}: {entry.points:+g} ({entry.why})." for entry in grade.adjustments]
    if grade.run.status is not RunStatus.COMPLETED and grade.run.message:
        parts.append(grade.run.message)
    unmet = [verdict.check.title for verdict in grade.verdicts if verdict.status is VerdictStatus.FAILED]
    if unmet:
        parts.append(f"Not yet: {'; '.join(unmet[:5])}.")
    return " ".join((*parts, f"({grade.stamp.appeal})"))
