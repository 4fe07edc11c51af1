"""Starts the worker of a job: a new process, or a fork of one that has imported what workers need."""

import asyncio
import contextlib
import multiprocessing
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from grader.batch.host import Ended, Job, Kill, Plan
from grader.batch.spool import Spool


class Worker(Protocol):
    """A process that works on a job."""

    async def wait(self) -> int:
        """Wait for its end and return its exit code, negative for a signal."""
        ...

    def kill(self) -> None:
        """End it at once; nothing happens when it has ended."""
        ...


class Starter(Protocol):
    """A way to start workers on this machine."""

    async def start(self, key: str, own: Mapping[str, str]) -> Worker:
        """Start the worker of a job; what it prints goes to the log of the job, and it gets no input.

        Args:
            key: the job.
            own: variables for this worker alone.
        """
        ...


class CommandStarter:
    """Starts a new process for each job."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], spool: Spool) -> None:
        """Keep how workers are started.

        Args:
            command: argv; the key is added.
            environment: variables of the workers.
            spool: where their logs are.
        """
        self._command = tuple(command)
        self._environment = dict(environment)
        self._spool = spool

    async def start(self, key: str, own: Mapping[str, str]) -> Worker:
        """Start the command; see `Starter`."""
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
        return _Program(process)


def _nothing() -> None:
    """Prepare nothing."""


class ForkStarter:
    """Forks a worker for each job from a process that has done its imports, once for all of them."""

    def __init__(
        self,
        work: Callable[[str], object],
        environment: Mapping[str, str],
        spool: Spool,
        prepare: Callable[[], object] = _nothing,
    ) -> None:
        """Start the process that is forked.

        Args:
            work: what a worker does with its key; it and what it holds can be pickled.
            environment: variables of the workers.
            spool: where their logs are.
            prepare: imports what `work` needs, and does what workers would do for the first time.
        """
        self._plan = Plan(prepare, work)
        self._environment = dict(environment)
        self._spool = spool
        self._ends: dict[str, asyncio.Future[int]] = {}
        self._start_host()

    async def start(self, key: str, own: Mapping[str, str]) -> Worker:
        """Fork a worker; see `Starter`."""
        loop = asyncio.get_running_loop()
        if self._host.poll() is not None:  # somebody has killed it, and its workers died with it
            self._lose(loop)
            self.close()
            self._start_host()
        loop.add_reader(self._connection.fileno(), self._listen)
        self._ends[key] = loop.create_future()
        self._tell(Job(key, dict(own), str(self._spool.log(key).absolute())))
        return _Fork(self._ends[key], lambda: self._tell(Kill(key)))

    def close(self) -> None:
        """End the process that is forked, and every worker with it."""
        self._connection.close()
        self._host.wait()

    def _start_host(self) -> None:
        self._connection, theirs = multiprocessing.Pipe()
        place = str(self._spool.folder.absolute())
        with theirs, self._spool.log("host").open("ab") as log:
            self._host = subprocess.Popen(
                [sys.executable, "-P", "-m", "grader.batch.host", str(theirs.fileno()), place],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self._environment,
                pass_fds=(theirs.fileno(),),
                start_new_session=True,  # an interrupt from the keyboard is for us alone
            )
        self._tell(self._plan)

    def _tell(self, order: Plan | Job | Kill) -> None:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # its end is noticed where answers come from
            self._connection.send(order)

    def _listen(self) -> None:
        """Take an answer."""
        try:
            ended: Ended = self._connection.recv()
            self._settle(ended.key, ended.code)
        except (EOFError, ConnectionResetError):
            self._lose(asyncio.get_running_loop())

    def _lose(self, loop: asyncio.AbstractEventLoop) -> None:
        """Without the process that forks them, every worker has ended."""
        loop.remove_reader(self._connection.fileno())
        for key in tuple(self._ends):
            self._settle(key, -signal.SIGKILL)

    def _settle(self, key: str, code: int) -> None:
        end = self._ends.pop(key)
        if not end.done():  # whoever waited may have been cancelled
            end.set_result(code)


class _Program:
    """A worker that is a program."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def wait(self) -> int:
        return await self._process.wait()

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()


class _Fork:
    """A worker that is a fork."""

    def __init__(self, end: asyncio.Future[int], kill: Callable[[], None]) -> None:
        self._end = end
        self.kill = kill

    async def wait(self) -> int:
        return await self._end
