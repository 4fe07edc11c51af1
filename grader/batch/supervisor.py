"""Works off the jobs of a batch: the only process that writes to the gradebook while it runs."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec

from grader.batch.engine import Engine
from grader.batch.spool import Outcome, Spool, Task
from grader.errors import GraderError
from grader.gradebook.ledger import LEASE_SECONDS, READY, Claim, Ledger

#: Faults of what a run stands on: sandbox, Hub, runner. When a process of them was killed, the next try goes well.
_PASSING = frozenset({"GR503", "GR505", "GR506"})


@dataclass(frozen=True)
class Tally:
    """How far a batch is."""

    done: int
    """Jobs that ended, failed ones included."""
    total: int
    """Jobs of this batch."""
    failed: int
    """Jobs without a result."""
    running: tuple[str, ...]
    """What is worked on, in words."""
    eta_seconds: float | None
    """Until the end, as far as the jobs so far tell; None before the first one."""
    ended: str = ""
    """What has just ended, in words."""


#: Records a result; False when the job went to somebody else meanwhile.
Commit = Callable[[Claim, Task, Outcome], bool]


class Supervisor:
    """Hands jobs to an engine and records what comes back."""

    def __init__(
        self, ledger: Ledger, engine: Engine, spool: Spool, commit: Commit, tell: Callable[[Tally], None]
    ) -> None:
        """Keep the collaborators.

        Args:
            ledger: the jobs.
            engine: starts workers.
            spool: where workers leave their results.
            commit: records a result.
            tell: told when something ends.
        """
        self._ledger = ledger
        self._engine = engine
        self._spool = spool
        self._commit = commit
        self._tell = tell
        self._keys: Sequence[str] = ()
        self._held: dict[str, Claim] = {}
        self._done = 0
        self._failed = 0
        self._started = 0.0
        self._stopping = False

    async def run(self, keys: Sequence[str], workers: int) -> None:
        """Work until none of these jobs is ready.

        Args:
            keys: the jobs.
            workers: how many at a time.

        Raises:
            GraderError: the gradebook failed; what workers left is taken by the next command.
        """
        self._keys = keys
        self._started = time.monotonic()
        beat = asyncio.create_task(self._keep_leases())
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(max(1, min(workers, len(keys)))):
                    group.create_task(self._work())
        except ExceptionGroup as group:
            raise _first_fault(group) from group
        finally:
            beat.cancel()

    def stop(self) -> None:
        """Start nothing more; called again, end what is running. Whatever is not done is done by the next command."""
        if self._stopping:
            for key in tuple(self._held):
                self._engine.kill(key)
        self._stopping = True

    @property
    def stopped(self) -> bool:
        """Whether somebody asked to stop."""
        return self._stopping

    async def _work(self) -> None:
        while not self._stopping and (claims := self._ledger.claim(1, self._keys)):
            await self._settle(claims[0])

    async def _settle(self, claim: Claim) -> None:
        task = msgspec.convert(claim.payload, Task)
        self._held[claim.key] = claim
        try:
            words = await self._one(claim, task)
        except GraderError as exc:
            self._ledger.give_back(claim, "fault", str(exc), lost=False)
            words = self._failing(task, str(exc))
        finally:
            self._held.pop(claim.key, None)
        if words:
            self._done += 1
            self._tell(self._tally(words))

    async def _one(self, claim: Claim, task: Task) -> str:
        """Take what an earlier worker left, or have it made, and record it; returns what to tell."""
        ended = ""
        outcome = self._spool.outcome(claim.key)
        if outcome is None:
            self._spool.write_task(task)
            ended = await self._engine.run(claim.key)
            outcome = self._spool.outcome(claim.key)
        if outcome is None:
            return self._lost(claim, task, ended)
        if outcome.ending == "fault" and outcome.code in _PASSING:
            self._spool.forget(claim.key)
            return self._lost(claim, task, f"{outcome.code}  {outcome.message}")
        if outcome.ending == "fault":
            self._ledger.give_back(claim, "fault", f"{outcome.code}  {outcome.message}", lost=False)
            self._spool.forget(claim.key)
            return self._failing(task, f"{outcome.code}  {outcome.message}")
        recorded = self._commit(claim, task, outcome)
        self._spool.forget(claim.key)
        return f"{_about(task)}: {outcome.ending}" if recorded else ""

    def _lost(self, claim: Claim, task: Task, ended: str) -> str:
        """A worker without a result: somebody killed it, or it takes its workers along."""
        why = ended if ended.startswith("GR") else f"GR515  The worker was lost: {ended}."
        state = self._ledger.give_back(claim, "lost", why, lost=not self._stopping)
        if self._stopping:
            self._ledger.retry([claim.key])
            return ""
        return "" if state == READY else self._failing(task, f"again and again: {why}")

    def _failing(self, task: Task, why: str) -> str:
        self._failed += 1
        return f"{_about(task)}: {why}"

    async def _keep_leases(self) -> None:
        while True:
            await asyncio.sleep(LEASE_SECONDS / 4)
            for claim in self._ledger.heartbeat(list(self._held.values())):
                self._engine.kill(claim.key)  # it was given to somebody else

    def _tally(self, ended: str) -> Tally:
        total = len(self._keys)
        each = (time.monotonic() - self._started) / self._done if self._done else None
        running = tuple(_about(msgspec.convert(claim.payload, Task)) for claim in self._held.values())
        eta = None if each is None else each * (total - self._done)
        return Tally(self._done, total, self._failed, running, eta, ended)


def _first_fault(group: ExceptionGroup[Exception]) -> Exception:
    """Several workers meet a full disk or a lost server at once, and a person needs to be told once."""
    faults = group.subgroup(GraderError)
    found: Exception = group if faults is None else faults
    while isinstance(found, ExceptionGroup):
        found = found.exceptions[0]
    return found


def _about(task: Task) -> str:
    return f"{task.lab_id} {task.student_id}"
