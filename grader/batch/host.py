"""Imports what workers need and forks one for each job: `python -P -m grader.batch.host DESCRIPTOR SPOOL`.

It has one thread, ends with the one that started it, and its workers end with it.
"""

import contextlib
import gc
import importlib
import os
import signal
import sys
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection, wait
from typing import NamedTuple, NoReturn

from grader.batch.parents import die_with_parent
from grader.sandbox.forking import exit_code


class Plan(NamedTuple):
    """What the host is told first."""

    prepare: Callable[[], object]
    """Imports, and does what workers would do for the first time."""
    work: Callable[[str], object]
    """What a worker does with its key."""


class Job(NamedTuple):
    """A worker that is to be forked."""

    number: int
    """Of this start: the same key may be started again."""
    key: str
    variables: dict[str, str]
    """For this worker alone."""
    log: str
    """Path of the file for what it prints."""


class Kill(NamedTuple):
    """A worker that is to be ended."""

    number: int


class Ended(NamedTuple):
    """What the host says of a worker."""

    number: int
    code: int
    """Exit code, negative for a signal."""


class _Host:
    """The workers that are alive."""

    def __init__(self, connection: Connection, work: Callable[[str], object]) -> None:
        self._connection = connection
        self._work = work
        self._numbers: dict[int, int] = {}
        self._woken, self._wake = os.pipe()

    def serve(self) -> None:
        """Fork, kill and tell who has ended, until nobody asks any more."""
        for descriptor in (self._woken, self._wake):
            os.set_blocking(descriptor, False)
        signal.set_wakeup_fd(self._wake)
        signal.signal(signal.SIGCHLD, _ignore)
        with contextlib.suppress(EOFError, ConnectionError):
            while True:
                ready = wait([self._connection, self._woken])
                if self._woken in ready:
                    os.read(self._woken, 4096)
                    self._reap()
                if self._connection in ready:
                    self._obey(self._connection.recv())

    def _obey(self, order: Job | Kill) -> None:
        if isinstance(order, Kill):
            for pid in [pid for pid, number in self._numbers.items() if number == order.number]:
                os.kill(pid, signal.SIGKILL)  # a child of ours that nobody has waited for
            return
        try:
            host, pid = os.getpid(), os.fork()
        except OSError:  # memory or processes are scarce: the other workers go on
            traceback.print_exc()
            self._connection.send(Ended(order.number, 1))
            return
        if pid == 0:
            self._become(order, host)
        self._numbers[pid] = order.number

    def _reap(self) -> None:
        while self._numbers:
            pid, state = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            number = self._numbers.pop(pid, None)
            if number is not None:  # else a process that preparing has left behind
                self._connection.send(Ended(number, os.waitstatus_to_exitcode(state)))

    def _become(self, job: Job, host: int) -> NoReturn:
        """In the fork: be what a new process would be, then work; whatever happens, never go on as a host."""
        code = 1
        try:
            os.setsid()
            die_with_parent(host)
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            output = os.open(job.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
            for number in (1, 2):
                os.dup2(output, number)
            for descriptor in (output, self._woken, self._wake, self._connection.fileno()):
                os.close(descriptor)
            os.environ.update(job.variables)
            code = exit_code(lambda: self._work(job.key))
            sys.stdout.flush()
        except BaseException:
            code = 1
            traceback.print_exc()
        finally:
            os._exit(code)


def main(arguments: list[str]) -> int:
    """Import, freeze, serve.

    Args:
        arguments: number of the descriptor through which orders come; the spool, by which people know whose it is.
    """
    connection = Connection(int(arguments[0]))
    os.set_inheritable(connection.fileno(), False)
    plan: Plan = connection.recv()
    try:
        plan.prepare()
    except Exception:  # workers are slower then, and say themselves what is wrong
        traceback.print_exc()
    sys.stdout.flush()  # else each worker would say it again
    gc.collect()
    gc.freeze()  # pages stay shared with the workers
    _Host(connection, plan.work).serve()
    return 0


def _ignore(_number: int, _frame: object) -> None:
    """Exists so that SIGCHLD wakes `wait`."""


if __name__ == "__main__":
    # under its own name: orders that are unpickled are of that module
    sys.exit(importlib.import_module("grader.batch.host").main(sys.argv[1:]))
