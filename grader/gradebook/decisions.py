"""What people decided: written once, revoked by another entry, never removed."""

import functools
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from grader.errors import UsageFault
from grader.gradebook import events
from grader.gradebook.database import clock
from grader.gradebook.tables import lab, override, student
from grader.model.decision import Decision

REVOKE = "revoke"


def decide(connection: Connection, decision: Decision) -> int:
    """Write a decision down.

    Args:
        connection: a transaction that may write.
        decision: what was decided; its time and number are set here.

    Returns:
        Its number.

    Raises:
        UsageFault: GR111, the gradebook does not know the lab or the student.
    """
    student_number = (
        _number_of(connection, student, student.c.sid, decision.student_id) if decision.student_id else None
    )
    values = {
        "kind": decision.kind,
        "lab_id": _number_of(connection, lab, lab.c.slug, decision.lab_id),
        "student_id": student_number,
        "check_id": decision.check_id,
        "points": decision.points,
        "reason": decision.reason,
    }
    return _write(connection, decision.actor, values, decision)


def revoke(connection: Connection, number: int, actor: str, reason: str) -> Decision:
    """Revoke a decision.

    Args:
        connection: a transaction that may write.
        number: of the decision.
        actor: who revokes it.
        reason: why.

    Returns:
        The decision that no longer holds.

    Raises:
        UsageFault: GR111, there is no such decision, or it no longer holds.
    """
    found = next((entry for entry in in_force(connection) if entry.number == number), None)
    if found is None:
        raise UsageFault(
            "GR111", f"There is no decision {number} in force.", "List them with `grader gradebook decisions`."
        )
    row = connection.execute(sa.select(override).where(override.c.id == number)).one()
    values = {
        "kind": REVOKE,
        "lab_id": row.lab_id,
        "student_id": row.student_id,
        "check_id": row.check_id,
        "points": None,
        "reason": reason,
        "revokes_id": number,
    }
    _write(connection, actor, values, found)
    return found


def in_force(connection: Connection, lab_ids: Sequence[str] | None = None) -> list[Decision]:
    """Return the decisions that hold, oldest first.

    Args:
        connection: a transaction.
        lab_ids: only of these labs.
    """
    query = _in_force()
    if lab_ids is not None:
        query = query.where(lab.c.slug.in_(lab_ids))
    return [
        Decision(
            kind=row.kind,
            lab_id=row.slug,
            reason=row.reason,
            actor=row.actor,
            student_id=row.sid or "",
            check_id=row.check_id,
            points=None if row.points is None else float(row.points),
            at=row.at.isoformat(timespec="seconds"),
            number=row.id,
        )
        for row in connection.execute(query)
    ]


@functools.cache
def _in_force() -> sa.Select[*tuple[Any, ...]]:
    revoked = sa.select(override.c.revokes_id).where(override.c.revokes_id.is_not(None))
    return (
        sa.select(override, lab.c.slug, student.c.sid)
        .join(lab, lab.c.id == override.c.lab_id)
        .outerjoin(student, student.c.id == override.c.student_id)
        .where(override.c.kind != REVOKE, override.c.id.not_in(revoked))
        .order_by(override.c.id)
    )


def _write(connection: Connection, actor: str, values: Mapping[str, object], decision: Decision) -> int:
    row = {"actor": actor, "at": clock(connection), **values}
    number = connection.execute(sa.insert(override).values(**row).returning(override.c.id)).scalar_one()
    events.append(
        connection,
        actor,
        str(values["kind"]),
        "override",
        number,
        lab=decision.lab_id,
        student=decision.student_id,
        check=decision.check_id,
        points=values["points"],
        reason=str(values["reason"]),
        revokes=values.get("revokes_id"),
    )
    return number


def _number_of(connection: Connection, table: sa.Table, column: sa.Column[str], value: str) -> int:
    number = connection.execute(sa.select(table.c.id).where(column == value)).scalar_one_or_none()
    if number is None:
        raise UsageFault(
            "GR111", f"The gradebook has no {table.name} {value}.", "List it with `grader gradebook list`."
        )
    return number
