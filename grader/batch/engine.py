"""Engines carry a key to a process that works on it; they own no state, so any of them may be killed at any time."""

import asyncio
import contextlib
import ctypes
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from typing import Protocol

from grader.batch.lanes import Lanes
from grader.batch.spool import Spool
from grader.model.device import Gpu

_PR_SET_PDEATHSIG = 1


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

    def __init__(
        self, command: Sequence[str], environment: Mapping[str, str], spool: Spool, gpus: Sequence[Gpu] = ()
    ) -> None:
        """Keep how workers are started.

        Args:
            command: argv; the key is added.
            environment: variables of the workers.
            spool: where their tasks and logs are.
            gpus: shared by the jobs that need one, by the memory that they declare.
        """
        self._lanes = Lanes(gpus)
        self._command = tuple(command)
        self._environment = dict(environment)
        self._spool = spool
        self._running: dict[str, asyncio.subprocess.Process] = {}

    async def run(self, key: str) -> str:
        """Run the worker of a job to its end; see `Engine`."""
        async with self._lanes.lane(self._spool.gpu_bytes(key)) as gpu:
            return await self._run(key, {"CUDA_VISIBLE_DEVICES": gpu.uuid} if gpu is not None else {})

    async def _run(self, key: str, own: Mapping[str, str]) -> str:
        with self._spool.log(key).open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                *self._command,
                key,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**self._environment, **own},
                start_new_session=True,  # an interrupt from the keyboard is for us alone
            )
        self._running[key] = process
        try:
            code = await process.wait()
        finally:
            self._running.pop(key, None)
        return ending(code)

    def kill(self, key: str) -> None:
        """End the worker of a job at once."""
        process = self._running.get(key)
        if process is not None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()


def ending(code: int) -> str:
    """Say how a process ended.

    Args:
        code: its exit code, negative for a signal, as Python tells it.
    """
    return f"it was killed by signal {-code}" if code < 0 else f"it ended with exit code {code}"


def die_with_parent(parent: int) -> None:
    """Let the system kill this process when the one that started it dies, however that dies.

    Only Linux can do that; elsewhere a worker that was left behind ends by itself, and what it made is not lost.

    Args:
        parent: process id of the one that started it.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it died before we asked
        os._exit(1)
