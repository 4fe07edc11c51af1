"""The grades that count: projected from judgements and decisions, and read back for everybody who shows them."""

import datetime as dt
import functools
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import msgspec
import sqlalchemy as sa
from sqlalchemy import Connection, Row

from grader.gradebook import events
from grader.gradebook.database import clock
from grader.gradebook.decisions import in_force
from grader.gradebook.records import pack, unpack
from grader.gradebook.tables import execution, grade, judgement, lab, student, submission
from grader.model.decision import Decision
from grader.model.grade import Grade
from grader.model.lab import LatePolicy

#: Turns what the checks found into the grade that counts; `grading.project.project`.
Projection = Callable[[Grade, LatePolicy, dt.datetime, Sequence[Decision]], Grade]
State = Literal["graded", "refused", "waiting", "missing"]


@dataclass(frozen=True)
class Standing:
    """Where a student stands in a lab."""

    sid: str
    """The student."""
    name: str
    """As people write it."""
    email: str
    """Address."""
    section: str
    """Group or section."""
    lms: dict[str, str]
    """Ids by system."""
    enrolled: bool
    """Whether the roster names them."""
    lab_id: str
    """The lab; empty for a file that belongs to none."""
    state: State
    """`missing`: nothing was handed in; `waiting`: not graded yet; `refused`: cannot be graded."""
    attempts: int = 0
    """Submissions of the lab."""
    submission_id: int | None = None
    """The submission that counts."""
    received: dt.datetime | None = None
    """When it was handed in."""
    time_known: bool = True
    """Whether that is the time of the submission, or only the one at which it was seen."""
    late_mark: bool = False
    """Whether the system that it came from calls it late."""
    late_seconds: int = 0
    """How long after the due time."""
    raw: float | None = None
    """Points by the checks."""
    points: float | None = None
    """Points that count."""
    possible: float | None = None
    """Points that could be judged."""
    total: float | None = None
    """Points of the lab."""
    run_id: str = ""
    """The run."""
    run_folder: str = ""
    """Where it lies."""
    code: str = ""
    """Why there is no grade, or how the run ended."""
    message: str = ""
    """The same in words."""


def reproject(
    connection: Connection, actor: str, projection: Projection, lab_id: str | None = None, sid: str | None = None
) -> int:
    """Compute grades anew from the newest judgement of each submission; nothing is run.

    Args:
        connection: a transaction that may write.
        actor: who caused it.
        projection: what turns a judgement into a grade.
        lab_id: only this lab.
        sid: only this student.

    Returns:
        How many grades changed.
    """
    query = _judged()
    if lab_id is not None:
        query = query.where(lab.c.slug == lab_id)
    if sid is not None:
        query = query.where(student.c.sid == sid)
    decisions = in_force(connection, None if lab_id is None else [lab_id])
    return sum(_project_one(connection, actor, projection, row, decisions) for row in connection.execute(query).all())


def project_submission(connection: Connection, actor: str, projection: Projection, submission_id: int) -> int:
    """Compute the grade of one submission anew; returns whether it changed."""
    rows = connection.execute(_judged_one(), {"number": submission_id}).all()
    decisions = in_force(connection, [row.slug for row in rows])
    return sum(_project_one(connection, actor, projection, row, decisions) for row in rows)


def standings(connection: Connection, lab_ids: Sequence[str] | None = None) -> list[Standing]:
    """Return where every student stands in every lab, by lab and student.

    Args:
        connection: a transaction.
        lab_ids: only these labs; all of the gradebook when left out.
    """
    labs = [
        row for row in connection.execute(sa.select(lab).order_by(lab.c.id)) if lab_ids is None or row.slug in lab_ids
    ]
    people = connection.execute(sa.select(student).order_by(student.c.sid)).all()
    handed: dict[tuple[int | None, int], list[Row[Any]]] = {}
    for row in connection.execute(_handed_in()).all():
        handed.setdefault((row.lab_id, row.student_id), []).append(row)
    found = [_standing(person, entry, handed.get((entry.id, person.id), [])) for entry in labs for person in people]
    found = [standing for standing in found if standing.attempts or standing.enrolled]
    if lab_ids is None:
        found += [_standing(person, None, rows) for person in people if (rows := handed.get((None, person.id)))]
    return found


def count_graded(connection: Connection) -> int:
    """Return how many students have a grade that counts, each once for every lab."""
    pairs = (
        sa.select(submission.c.student_id, submission.c.lab_id)
        .join(grade, grade.c.submission_id == submission.c.id)
        .where(grade.c.is_current)
        .distinct()
        .subquery()
    )
    return connection.execute(sa.select(sa.func.count()).select_from(pairs)).scalar_one()


def current_document(connection: Connection, submission_id: int) -> Grade | None:
    """Return the grade of a submission that counts, with everything that it rests on; None when there is none."""
    query = sa.select(grade.c.document).where(grade.c.submission_id == submission_id, grade.c.is_current)
    document = connection.execute(query).scalar_one_or_none()
    return None if document is None else unpack(document)


@functools.cache
def _judged_one() -> sa.Select[*tuple[Any, ...]]:
    return _judged().where(submission.c.id == sa.bindparam("number"))


@functools.cache  # putting a statement together costs more than running it
def _judged() -> sa.Select[*tuple[Any, ...]]:
    newest = (
        sa.select(execution.c.submission_id, sa.func.max(judgement.c.id).label("judgement_id"))
        .join(judgement, judgement.c.execution_id == execution.c.id)
        .group_by(execution.c.submission_id)
        .subquery()
    )
    return (
        sa.select(
            submission.c.id.label("submission_id"),
            submission.c.received_at,
            submission.c.time_known,
            judgement.c.id.label("judgement_id"),
            judgement.c.judge_key,
            judgement.c.score,
            judgement.c.document,
            lab.c.slug,
            lab.c.late,
            student.c.sid,
        )
        .join(newest, newest.c.submission_id == submission.c.id)
        .join(judgement, judgement.c.id == newest.c.judgement_id)
        .join(lab, lab.c.id == submission.c.lab_id)
        .join(student, student.c.id == submission.c.student_id)
        .order_by(submission.c.id)
    )


def _project_one(
    connection: Connection, actor: str, projection: Projection, row: Row[Any], decisions: Sequence[Decision]
) -> bool:
    policy = _policy(row.late, row.time_known)
    mine = [entry for entry in decisions if entry.lab_id == row.slug and entry.student_id in {"", row.sid}]
    grade_key = _grade_key(row.judge_key, policy, row.received_at, mine)
    current = connection.execute(
        sa.select(grade).where(grade.c.submission_id == row.submission_id, grade.c.is_current)
    ).first()
    if current is not None and current.grade_key == grade_key:
        return False
    judged = unpack(row.document)
    made = projection(judged, policy, row.received_at, mine)
    values = {
        "judgement_id": row.judgement_id,
        "raw": row.score,
        "points": made.score,
        "possible": made.possible,
        "total": made.total,
        "late_seconds": _late_seconds(policy, row.received_at),
        "adjustments": msgspec.to_builtins(made.adjustments),
        "document": row.document if made == judged else pack(made),
        "computed_at": clock(connection),
    }
    if current is not None:
        connection.execute(sa.update(grade).where(grade.c.id == current.id).values(is_current=False))
    same = (grade.c.submission_id == row.submission_id) & (grade.c.grade_key == grade_key)
    again = connection.execute(sa.update(grade).where(same).values(is_current=True, **values))
    if again.rowcount == 0:
        new = {"submission_id": row.submission_id, "grade_key": grade_key, "is_current": True, **values}
        connection.execute(sa.insert(grade).values(**new))
    before = None if current is None else str(current.points)
    particulars = {"lab": row.slug, "student": row.sid, "before": before, "after": f"{made.score:.4f}"}
    events.append(connection, actor, "graded", "submission", row.submission_id, **particulars)
    return True


def _grade_key(judge_key: str, policy: LatePolicy, received: dt.datetime, decisions: Sequence[Decision]) -> str:
    parts = ["grade/1", judge_key, policy, received.isoformat(), list(decisions)]
    return hashlib.sha256(msgspec.json.encode(parts)).hexdigest()


def _policy(late: Any, time_known: bool) -> LatePolicy:
    """Without a time nothing is late, whatever the policy says."""
    policy = msgspec.convert(late, LatePolicy)
    return policy if time_known else replace(policy, due="")


def _late_seconds(policy: LatePolicy, received: dt.datetime) -> int:
    if not policy.due:
        return 0
    return max(0, round((received - dt.datetime.fromisoformat(policy.due)).total_seconds()))


@functools.cache
def _handed_in() -> sa.Select[*tuple[Any, ...]]:
    newest = (
        sa.select(execution.c.submission_id, sa.func.max(execution.c.id).label("execution_id"))
        .group_by(execution.c.submission_id)
        .subquery()
    )
    return (
        sa.select(
            submission,
            grade.c.raw,
            grade.c.points,
            grade.c.possible,
            grade.c.total,
            grade.c.late_seconds,
            execution.c.run_id,
            execution.c.run_folder,
            execution.c.code,
        )
        .outerjoin(grade, (grade.c.submission_id == submission.c.id) & grade.c.is_current)
        .outerjoin(newest, newest.c.submission_id == submission.c.id)
        .outerjoin(execution, execution.c.id == newest.c.execution_id)
        .order_by(submission.c.received_at, submission.c.id)
    )


def _standing(person: Row[Any], entry: Row[Any] | None, rows: Sequence[Row[Any]]) -> Standing:
    who = {name: getattr(person, name) for name in ("sid", "name", "email", "section", "lms", "enrolled")}
    lab_id = entry.slug if entry is not None else ""
    if not rows:
        return Standing(**who, lab_id=lab_id, state="missing", message="Nothing was handed in.")
    row = _counting(rows, msgspec.convert(entry.late, LatePolicy) if entry is not None else LatePolicy())
    policy = LatePolicy() if entry is None else _policy(entry.late, row.time_known)
    state: State = "graded" if row.points is not None else "refused" if row.refused_code else "waiting"
    figures: Mapping[str, Any] = {name: _float(getattr(row, name)) for name in ("raw", "points", "possible", "total")}
    return Standing(
        **who,
        lab_id=lab_id,
        state=state,
        attempts=len(rows),
        submission_id=row.id,
        received=row.received_at,
        time_known=row.time_known,
        late_mark=row.late_mark,
        late_seconds=_late_seconds(policy, row.received_at),
        **figures,
        run_id=row.run_id or "",
        run_folder=row.run_folder or "",
        code=row.refused_code or row.code or "",
        message=row.refused_message,
    )


def _counting(rows: Sequence[Row[Any]], policy: LatePolicy) -> Row[Any]:
    """The submission that counts: the last or the best of those with a grade, else the last."""
    graded = [row for row in rows if row.points is not None]
    if policy.attempts == "best" and graded:
        return max(graded, key=lambda row: (row.points, row.received_at))
    return (graded or list(rows))[-1]


def _float(value: Any) -> float | None:
    return None if value is None else float(value)
