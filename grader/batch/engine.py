"""Engines carry a key to a process that works on it; they own no state, so any of them may be killed at any time."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from grader.batch.lanes import Lanes
from grader.batch.spool import Spool
from grader.batch.starting import Starter, Worker
from grader.model.device import Gpu


class Engine(Protocol):
    """Starts workers somewhere."""

    async def run(self, key: str) -> str:
        """Run the worker of a job to its end.

        Args:
            key: the job; its task is in the spool.

        Returns:
            How it ended, in words. What it made is in the spool, if anything.
        """
        ...

    def kill(self, key: str) -> None:
        """End the worker of a job at once; nothing happens when there is none."""
        ...


class LocalEngine:
    """A child process per job on this machine."""

    def __init__(self, starter: Starter, spool: Spool, gpus: Sequence[Gpu] = ()) -> None:
        """Keep how workers are started.

        Args:
            starter: starts them.
            spool: where their tasks are.
            gpus: shared by the jobs that need one, by the memory that they declare.
        """
        self._lanes = Lanes(gpus)
        self._starter = starter
        self._spool = spool
        self._running: dict[str, Worker] = {}

    async def run(self, key: str) -> str:
        """Run the worker of a job to its end; see `Engine`."""
        wanted = self._spool.wanted_gpu(key)
        async with self._lanes.lane(wanted.memory_bytes, wanted.index) as gpu:
            return await self._run(key, {"CUDA_VISIBLE_DEVICES": gpu.uuid} if gpu is not None else {})

    async def _run(self, key: str, own: Mapping[str, str]) -> str:
        worker = await self._starter.start(key, own)
        self._running[key] = worker
        try:
            return await worker.wait()
        finally:
            worker.kill()  # it does not outlive a task that was cancelled
            self._running.pop(key, None)

    def kill(self, key: str) -> None:
        """End the worker of a job at once."""
        worker = self._running.get(key)
        if worker is not None:
            worker.kill()
