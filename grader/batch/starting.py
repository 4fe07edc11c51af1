"""Starts the worker of a job: a new process, or a fork of one that has imported what workers need."""

import asyncio
import contextlib
import itertools
import multiprocessing
import pickle
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from grader.batch.host import Ended, Job, Kill, Plan
from grader.batch.spool import Spool


class Worker(Protocol):
    """A process that works on a job."""

    async def wait(self) -> str:
        """Wait for its end and say how it ended, in words."""
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
        self._plan = pickle.dumps(Plan(prepare, work))  # what cannot be pickled is told before there is a process
        self._environment = dict(environment)
        self._spool = spool
        self._numbers = itertools.count()
        self._ends: dict[int, asyncio.Future[str]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._start_host()

    async def start(self, key: str, own: Mapping[str, str]) -> Worker:
        """Fork a worker; see `Starter`."""
        if self._host.poll() is not None:  # somebody has killed it, and its workers died with it
            self.close()
            self._start_host()
        self._listen_in(asyncio.get_running_loop())
        number, end = next(self._numbers), asyncio.get_running_loop().create_future()
        self._ends[number] = end
        self._tell(Job(number, key, dict(own), str(self._spool.log(key).absolute())))
        return _Fork(end, lambda: self._kill(number))

    def close(self) -> None:
        """End the process that is forked, and every worker with it; whoever waits for one is told."""
        self._listen_in(None)
        self._connection.close()
        how = ending(self._host.wait())  # now, so that the next job finds it gone
        for number in tuple(self._ends):
            self._settle(number, f"the process that forks workers is gone, {how} (see {self._spool.log('host')})")

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
        with contextlib.suppress(ConnectionError):
            self._connection.send_bytes(self._plan)

    def _tell(self, order: Job | Kill) -> None:
        with contextlib.suppress(ConnectionError):  # its end is noticed where answers come from
            self._connection.send(order)

    def _kill(self, number: int) -> None:
        if number in self._ends:
            self._tell(Kill(number))

    def _listen_in(self, loop: asyncio.AbstractEventLoop | None) -> None:
        """Take answers in one loop and no other."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.remove_reader(self._connection.fileno())
        self._loop = loop
        if loop is not None:
            loop.add_reader(self._connection.fileno(), self._listen)

    def _listen(self) -> None:
        """Take an answer; without the process that forks them, every worker has ended."""
        try:
            ended: Ended = self._connection.recv()
        except (EOFError, OSError):
            self.close()
        else:
            self._settle(ended.number, ending(ended.code))

    def _settle(self, number: int, words: str) -> None:
        end = self._ends.pop(number)
        if not end.done():  # whoever waited may have been cancelled
            end.set_result(words)


class _Program:
    """A worker that is a program."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def wait(self) -> str:
        return ending(await self._process.wait())

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()


class _Fork:
    """A worker that is a fork."""

    def __init__(self, end: asyncio.Future[str], kill: Callable[[], None]) -> None:
        self._end = end
        self.kill = kill

    async def wait(self) -> str:
        return await self._end


def ending(code: int) -> str:
    """Say how a process ended.

    Args:
        code: its exit code, negative for a signal, as Python tells it.
    """
    return f"it was killed by signal {-code}" if code < 0 else f"it ended with exit code {code}"
