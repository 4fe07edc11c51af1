"""The log of everything that was decided or recorded: it only grows, each entry holding the hash of the one before."""

import datetime as dt
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from grader.errors import InternalFault
from grader.gradebook.database import clock
from grader.gradebook.tables import event

FIRST = "0" * 64
_LOCK = 0x67726164  # the advisory lock that lets one writer at a time extend the chain


@dataclass(frozen=True)
class Event:
    """One entry of the log."""

    id: int
    """Its number."""
    at: dt.datetime
    """When it was written, by the database's clock."""
    actor: str
    """Who did it."""
    kind: str
    """What happened, such as `graded` or `override`."""
    entity: str
    """What it happened to, such as `submission`."""
    entity_id: str
    """Which one."""
    payload: dict[str, Any]
    """The particulars."""
    hash: str
    """SHA-256 over the entry and the hash of the one before."""


def append(connection: Connection, actor: str, kind: str, entity: str, entity_id: object, **payload: Any) -> None:
    """Add an entry, in the transaction that makes it true.

    Args:
        connection: a transaction that may write.
        actor: who did it.
        kind: what happened.
        entity: what it happened to.
        entity_id: which one.
        payload: the particulars, as JSON data.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
    last = connection.execute(sa.select(event.c.hash).order_by(event.c.id.desc()).limit(1)).scalar_one_or_none()
    at = clock(connection).replace(microsecond=0)
    text = json.dumps(payload, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    previous = last or FIRST
    values = {"actor": actor, "kind": kind, "entity": entity, "entity_id": str(entity_id), "payload": text}
    digest = _digest(previous, at, values)
    connection.execute(sa.insert(event).values(at=at, prev_hash=previous, hash=digest, **values))


def entries(connection: Connection, kind: str | None = None, newest: int | None = None) -> Iterator[Event]:
    """Read the log, oldest first.

    Args:
        connection: a transaction.
        kind: only entries of this kind.
        newest: only so many, counted from the end.
    """
    query = sa.select(event).order_by(event.c.id.desc())
    if kind is not None:
        query = query.where(event.c.kind == kind)
    rows = connection.execute(query.limit(newest)).all()
    for row in reversed(rows):
        yield Event(row.id, row.at, row.actor, row.kind, row.entity, row.entity_id, json.loads(row.payload), row.hash)


def verify(connection: Connection) -> int:
    """Follow the chain of hashes from the first entry to the last.

    Args:
        connection: a transaction.

    Returns:
        The number of entries.

    Raises:
        InternalFault: GR514, an entry was changed, removed or slipped in.
    """
    previous, count = FIRST, 0
    for row in connection.execute(sa.select(event).order_by(event.c.id)):
        values = {name: getattr(row, name) for name in ("actor", "kind", "entity", "entity_id", "payload")}
        if row.prev_hash != previous or row.hash != _digest(previous, row.at, values):
            raise InternalFault("GR514", f"The event log was changed at entry {row.id} ({row.kind}, {row.at:%F %T}).")
        previous, count = row.hash, count + 1
    return count


def _digest(previous: str, at: dt.datetime, values: dict[str, str]) -> str:
    parts = [previous, at.astimezone(dt.UTC).isoformat(), *(values[name] for name in sorted(values))]
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()
