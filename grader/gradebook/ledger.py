"""The ledger of jobs: who works on what, until when, and one result per key.

An engine only carries a key to a machine. What keeps a submission from being lost or graded twice is here: a job is
claimed with a lease and a fence number, and its result is recorded in the transaction that stores the grade, if the
fence is still the one that was given out.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Engine, Row

from grader.gradebook.database import clock, insert_once, reading, writing
from grader.gradebook.tables import attempt, job, result

READY, RUNNING, DONE, FAILED = "ready", "running", "done", "failed"
LEASE_SECONDS = 90.0
#: A job that takes its worker along more often than this is the cause of it.
MOST_LOSSES = 5
_CHUNK = 500


@dataclass(frozen=True)
class Job:
    """A piece of work, known by what it depends on."""

    key: str
    """SHA-256 over everything that the result depends on."""
    kind: str
    """What to do, such as `grade` or `judge`."""
    payload: dict[str, Any] = field(default_factory=dict[str, Any])
    """What a worker needs to know."""
    priority: int = 0
    """Larger ones first."""


@dataclass(frozen=True)
class Claim:
    """A job that this owner may work on, until its lease ends."""

    key: str
    """The job."""
    kind: str
    """What to do."""
    payload: dict[str, Any]
    """What a worker needs to know."""
    fence: int
    """Grows with every claim: what an older claim brings back is refused."""
    losses: int
    """How often a worker of this job was lost before."""


class Ledger:
    """Jobs of one gradebook, as one owner sees them."""

    def __init__(
        self,
        engine: Engine,
        owner: str,
        lease_seconds: float = LEASE_SECONDS,
        now: Callable[[Connection], dt.datetime] = clock,
    ) -> None:
        """Keep who we are.

        Args:
            engine: the database.
            owner: `node:boot:pid:start`, so that others can tell whether we live.
            lease_seconds: how long a claim holds without a heartbeat.
            now: tells the time; the database's clock when left out.
        """
        self._engine = engine
        self._owner = owner
        self._lease = dt.timedelta(seconds=lease_seconds)
        self._now = now

    def add(self, jobs: Iterable[Job]) -> int:
        """Add jobs; one whose key is known is left as it is. Returns how many are new."""
        with writing(self._engine) as connection:
            return sum(insert_once(connection, job, _new_row(entry), ["key"]) for entry in jobs)

    def states(self, keys: Sequence[str]) -> dict[str, str]:
        """Return the state of each of these jobs; unknown ones are left out."""
        found: dict[str, str] = {}
        with reading(self._engine) as connection:
            for start in range(0, len(keys), _CHUNK):
                chosen = job.c.key.in_(keys[start : start + _CHUNK])
                found |= {
                    row.key: row.state for row in connection.execute(sa.select(job.c.key, job.c.state).where(chosen))
                }
        return found

    def retry(self, keys: Sequence[str]) -> None:
        """Make failed jobs ready again, with a clean count of losses."""
        with writing(self._engine) as connection:
            for key in keys:
                again = sa.update(job).where(job.c.key == key, job.c.state == FAILED)
                connection.execute(again.values(state=READY, losses=0, detail=""))

    def claim(self, limit: int, keys: Sequence[str] | None = None) -> list[Claim]:
        """Take ready jobs, the most urgent first.

        Args:
            limit: how many at most.
            keys: only among these; among all when left out.

        Returns:
            The claims, each with a new fence.
        """
        query = sa.select(job).where(job.c.state == READY).order_by(job.c.priority.desc(), job.c.id).limit(limit)
        if keys is not None:
            query = query.where(job.c.key.in_(keys))
        query = query.with_for_update(skip_locked=True)  # on PostgreSQL, others pass by; SQLite has one writer
        with writing(self._engine, durable=False) as connection:
            until = self._now(connection) + self._lease
            return [self._take(connection, row, until) for row in connection.execute(query).all()]

    def heartbeat(self, claims: Sequence[Claim]) -> list[Claim]:
        """Renew leases; returns the claims that have meanwhile gone to others."""
        gone: list[Claim] = []
        with writing(self._engine, durable=False) as connection:
            until = self._now(connection) + self._lease
            for claim in claims:
                held = connection.execute(self._held(claim).values(lease_until=until))
                if held.rowcount != 1:
                    gone.append(claim)
        return gone

    def commit(self, claim: Claim, outcome: str, store: Callable[[Connection], None]) -> bool:
        """Record the one result of a job.

        Args:
            claim: the claim under which it was made.
            outcome: in one word.
            store: writes what goes with the result, in the same transaction.

        Returns:
            False when the job went to somebody else meanwhile: nothing is written.
        """
        with writing(self._engine) as connection:
            ours = connection.execute(self._held(claim).values(state=DONE, lease_until=None, detail=outcome))
            at = self._now(connection)
            row = {"job_key": claim.key, "fence": claim.fence, "outcome": outcome, "at": at}
            if ours.rowcount != 1 or not insert_once(connection, result, row, ["job_key"]):
                connection.rollback()
                return False
            self._note(connection, claim.key, claim.fence, "done", outcome)
            store(connection)
        return True

    def give_back(self, claim: Claim, outcome: str, detail: str, *, lost: bool) -> str:
        """End a claim without a result.

        Args:
            claim: the claim.
            outcome: in one word.
            detail: what happened, for a person.
            lost: the worker was lost: somebody may try again, unless that happened too often. Otherwise it has failed.

        Returns:
            The state of the job afterwards.
        """
        losses = claim.losses + lost
        state = READY if lost and losses <= MOST_LOSSES else FAILED
        with writing(self._engine) as connection:
            values = {"state": state, "losses": losses, "lease_until": None, "owner": "", "detail": detail[:1000]}
            if connection.execute(self._held(claim).values(**values)).rowcount == 1:
                self._note(connection, claim.key, claim.fence, outcome, detail)
        return state

    def reap(self, is_alive: Callable[[str], bool | None]) -> int:
        """Make the jobs of dead owners ready again.

        Args:
            is_alive: tells whether an owner lives; None when that cannot be told from here, and the lease decides.

        Returns:
            How many jobs were taken from the dead. Their losses are not counted: the job was not the cause.
        """
        with writing(self._engine) as connection:
            now = self._now(connection)
            running = sa.select(job).where(job.c.state == RUNNING).with_for_update(skip_locked=True)
            dead = [row for row in connection.execute(running).all() if self._is_dead(row, now, is_alive)]
            for row in dead:
                free = sa.update(job).where(job.c.key == row.key).values(state=READY, owner="", lease_until=None)
                connection.execute(free)
                self._note(connection, row.key, row.fence, "lost", f"its owner {row.owner} is gone")
        return len(dead)

    def counts(self) -> dict[str, int]:
        """Return how many jobs there are in each state."""
        with reading(self._engine) as connection:
            rows = connection.execute(sa.select(job.c.state, sa.func.count()).group_by(job.c.state)).all()
        return dict.fromkeys((READY, RUNNING, DONE, FAILED), 0) | {row[0]: row[1] for row in rows}

    def details(self, keys: Sequence[str]) -> dict[str, str]:
        """Return what is known of failed jobs."""
        with reading(self._engine) as connection:
            rows = connection.execute(sa.select(job.c.key, job.c.detail).where(job.c.state == FAILED)).all()
        wanted = set(keys)
        return {row.key: row.detail for row in rows if row.key in wanted}

    def _take(self, connection: Connection, row: Row[Any], until: dt.datetime) -> Claim:
        values = {
            "state": RUNNING,
            "fence": row.fence + 1,
            "attempts": row.attempts + 1,
            "owner": self._owner,
            "lease_until": until,
        }
        connection.execute(sa.update(job).where(job.c.key == row.key).values(**values))
        return Claim(row.key, row.kind, row.payload, row.fence + 1, row.losses)

    def _held(self, claim: Claim) -> sa.Update:
        return sa.update(job).where(job.c.key == claim.key, job.c.fence == claim.fence, job.c.state == RUNNING)

    def _is_dead(self, row: Row[Any], now: dt.datetime, is_alive: Callable[[str], bool | None]) -> bool:
        alive = is_alive(row.owner)
        return row.lease_until < now if alive is None else not alive

    def _note(self, connection: Connection, key: str, fence: int, outcome: str, detail: str) -> None:
        values = {
            "job_key": key,
            "number": fence,
            "fence": fence,
            "owner": self._owner,
            "ended_at": self._now(connection),
        }
        connection.execute(sa.insert(attempt).values(**values, outcome=outcome, detail=detail[:1000]))


def _new_row(entry: Job) -> dict[str, Any]:
    return {
        "key": entry.key,
        "kind": entry.kind,
        "state": READY,
        "priority": entry.priority,
        "payload": entry.payload,
        "fence": 0,
        "attempts": 0,
        "losses": 0,
        "owner": "",
        "lease_until": None,
        "detail": "",
    }
