"""Carries jobs to the machines of a Ray cluster that is there already; the only module that knows Ray."""

import asyncio
import contextlib
import logging
import os
import socket
import sys
import time
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ray
from ray import exceptions
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from grader.batch import node
from grader.batch.lanes import gpu_share
from grader.batch.node import Ended, Machine, Orders
from grader.batch.spool import Spool
from grader.errors import MachineFault

#: Where Ray says which cluster this machine belongs to.
_CURRENT = Path("/tmp/ray/ray_current_cluster")  # noqa: S108 - Ray's choice
_CONNECT_SECONDS = 5.0
_LOOK_SECONDS = 60.0
#: A network file system may show for so long that a file is not there: acdirmax of NFS is 60 seconds.
_ARRIVAL_SECONDS = 65.0
_STEP_SECONDS = 0.5
#: What Ray would start again by itself, nobody here would know of.
_ONCE = {"max_retries": 0}
_IN_WORDS: dict[type[Exception], str] = {
    exceptions.TaskCancelledError: "it was killed by signal 9",
    exceptions.OutOfMemoryError: "its machine ran out of memory",
    exceptions.NodeDiedError: "its machine was lost",
    exceptions.WorkerCrashedError: "the process of Ray that had started it was killed or crashed",
}
_LOST = (exceptions.NodeDiedError, exceptions.WorkerCrashedError, exceptions.TaskUnschedulableError)


@dataclass(frozen=True)
class Strength:
    """What a cluster has."""

    cpus: int
    """Jobs that it can run at a time."""
    gpu_bytes: int | None
    """Memory of its smallest GPU, 0 when no driver tells; None without GPUs."""


class RayEngine:
    """A task of Ray per job, which starts the worker as a child process on its machine.

    Ray retries nothing: whoever claims jobs does, and knows what may be tried again.
    """

    def __init__(self, orders: Orders, strength: Strength, arrival_seconds: float = _ARRIVAL_SECONDS) -> None:
        """Keep what machines are told.

        Args:
            orders: the same for all jobs.
            strength: of the cluster.
            arrival_seconds: how long an outcome that was written elsewhere may take to be seen here.
        """
        self.strength = strength
        self._orders = orders
        self._spool = Spool(Path(orders.spool))
        self._arrival_seconds = arrival_seconds
        self._task: Any = ray.remote(node.work)
        self._running: dict[str, Any] = {}
        self._killed: set[str] = set()

    async def run(self, key: str) -> str:
        """Run the worker of a job to its end; see `Engine`."""
        share = gpu_share(self._spool.wanted_gpu(key).memory_bytes, self.strength.gpu_bytes)
        options = {"num_cpus": 1, "num_gpus": share, "scheduling_strategy": "SPREAD", "name": f"grader {key[:10]}"}
        self._running[key] = self._task.options(**_ONCE, **options).remote(self._orders, key, share > 0)
        try:
            ended: Ended = await self._running[key]
        except exceptions.RayError as exc:
            return _IN_WORDS[exceptions.TaskCancelledError] if key in self._killed else _in_words(exc)
        finally:
            self._running.pop(key, None)
            self._killed.discard(key)
        if ended.done:
            await self._arrival(key)
        return ended.words

    def kill(self, key: str) -> None:
        """End the worker of a job at once, or take back its task when it has not started."""
        reference = self._running.get(key)
        if reference is not None:
            self._killed.add(key)
            ray.cancel(reference, force=True)

    async def _arrival(self, key: str) -> None:
        """Wait until the outcome that a worker wrote on its machine is seen on this one."""
        deadline = time.monotonic() + self._arrival_seconds
        while self._spool.outcome(key) is None and time.monotonic() < deadline:
            await asyncio.sleep(_STEP_SECONDS)
            any(self._spool.folder.iterdir())  # lets a network file system look again


@contextlib.contextmanager
def connected(address: str, orders: Orders) -> Generator[RayEngine]:
    """Connect to a cluster, and look at its machines before anything is sent there.

    Args:
        address: `host:port` of its head; empty for the cluster that this machine belongs to.
        orders: what its machines are told.

    Yields:
        The engine.

    Raises:
        MachineFault: GR609, there is no cluster, or one of its machines is not like this one.
    """
    with contextlib.redirect_stdout(sys.stderr):  # Ray tells of lost nodes on stdout, where results go
        try:
            _connect(address or os.environ.get("RAY_ADDRESS", ""))
            yield RayEngine(orders, _muster(orders))
        finally:
            ray.shutdown()


def _connect(address: str) -> None:
    if "://" in address:
        raise MachineFault("GR609", f"{address} is not HOST:PORT.", "Give the command on a machine of the cluster.")
    named = address if address not in {"", "auto"} else _current()
    if named and not _answers(named):
        raise MachineFault("GR609", f"No Ray cluster answers at {named}.")
    try:
        ray.init(address or "auto", log_to_driver=False, logging_level=logging.ERROR)
    except (ConnectionError, RuntimeError, ValueError) as exc:
        raise MachineFault("GR609", f"Ray cannot be reached: {_first_line(exc)}") from exc


def _current() -> str:
    with contextlib.suppress(OSError):
        return _CURRENT.read_text("ascii").strip()
    return ""


def _answers(address: str) -> bool:
    """Whether anybody listens there; Ray itself would try for minutes."""
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), _CONNECT_SECONDS).close()
    except (OSError, ValueError):
        return False
    return True


def _muster(orders: Orders) -> Strength:
    """Look at every machine; one that is busy dying or silent is left to the retries."""
    machines = [entry for entry in ray.nodes() if entry["Alive"] and entry["Resources"].get("CPU")]
    if not machines:
        raise MachineFault("GR609", "The Ray cluster has no CPU to work on.", "Start a node: `ray start --address`.")
    asked = {_look_at(entry, orders): entry for entry in machines}
    ready, _ = ray.wait(list(asked), num_returns=len(asked), timeout=_LOOK_SECONDS)
    seen = {reference: found for reference in ready if (found := _seen(reference, asked[reference])) is not None}
    bad = sorted({f"{machine.name}: {machine.problem}" for machine in seen.values() if machine.problem})
    if bad:
        raise MachineFault("GR609", f"Machines of the cluster differ from this one: {'; '.join(bad[:3])}.")
    cpus = int(sum(entry["Resources"]["CPU"] for entry in machines))
    if not any(entry["Resources"].get("GPU") for entry in machines):
        return Strength(max(1, cpus), None)
    with_gpus = [machine for reference, machine in seen.items() if asked[reference]["Resources"].get("GPU")]
    return Strength(max(1, cpus), min((machine.gpu_bytes for machine in with_gpus), default=0))


def _look_at(entry: dict[str, Any], orders: Orders) -> Any:
    there = NodeAffinitySchedulingStrategy(entry["NodeID"], soft=False)
    look: Any = ray.remote(node.look)
    return look.options(**_ONCE, num_cpus=0, scheduling_strategy=there).remote(orders)


def _seen(reference: Any, entry: dict[str, Any]) -> Machine | None:
    """What a machine says of itself; None when it was lost meanwhile."""
    try:
        return ray.get(reference)
    except _LOST:
        return None
    except exceptions.RayError as exc:
        return Machine(entry["NodeManagerHostname"], f"the grader cannot be started there ({_first_line(exc)})", 0)


def _in_words(exc: Exception) -> str:
    for kind, words in _IN_WORDS.items():
        if isinstance(exc, kind):
            return words
    return f"Ray could not run it ({_first_line(exc)})"


def _first_line(exc: Exception) -> str:
    lines = [line.strip() for line in str(exc).splitlines() if line.strip()]
    words = lines[-1] if isinstance(exc, exceptions.RayTaskError) and lines else lines[0] if lines else ""
    return f"{type(exc).__name__}: {words}"[:300]
