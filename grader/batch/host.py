"""Imports what workers need and forks one for each job: `python -P -m grader.batch.host DESCRIPTOR SPOOL`.

It has one thread, ends with the one that started it, and its workers end with it.
"""

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


class Plan(NamedTuple):
    """What the host is told first."""

    prepare: Callable[[], object]
    """Imports, and does what workers would do for the first time."""
    work: Callable[[str], object]
    """What a worker does with its key."""


class Job(NamedTuple):
    """A worker that is to be forked."""

    key: str
    variables: dict[str, str]
    """For this worker alone."""
    log: str
    """Path of the file for what it prints."""


class Kill(NamedTuple):
    """A worker that is to be ended."""

    key: str


class Ended(NamedTuple):
    """What the host says of a worker."""

    key: str
    code: int
    """Exit code, negative for a signal."""


class _Host:
    """The workers that are alive."""

    def __init__(self, connection: Connection, work: Callable[[str], object]) -> None:
        self._connection = connection
        self._work = work
        self._keys: dict[int, str] = {}
        self._woken, self._wake = os.pipe()

    def serve(self) -> None:
        """Fork, kill and tell who has ended, until nobody asks any more."""
        for descriptor in (self._woken, self._wake):
            os.set_blocking(descriptor, False)
        signal.set_wakeup_fd(self._wake)
        signal.signal(signal.SIGCHLD, _ignore)
        while True:
            ready = wait([self._connection, self._woken])
            if self._woken in ready:
                os.read(self._woken, 4096)
                self._reap()
            if self._connection in ready:
                try:
                    self._obey(self._connection.recv())
                except EOFError:
                    return

    def _obey(self, order: Job | Kill) -> None:
        if isinstance(order, Kill):
            for pid in [pid for pid, key in self._keys.items() if key == order.key]:
                os.kill(pid, signal.SIGKILL)  # a child of ours that nobody has waited for
            return
        host, pid = os.getpid(), os.fork()
        if pid == 0:
            self._become(order, host)
        self._keys[pid] = order.key

    def _reap(self) -> None:
        while self._keys:
            pid, state = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            self._connection.send(Ended(self._keys.pop(pid), os.waitstatus_to_exitcode(state)))

    def _become(self, job: Job, host: int) -> NoReturn:
        """In the fork: be what a new process would be, then work."""
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
            self._work(job.key)
            code = 0
        except SystemExit as exc:
            code = exc.code if isinstance(exc.code, int) else int(exc.code is not None)
        except BaseException:
            traceback.print_exc()
        sys.stdout.flush()
        sys.stderr.flush()
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
    gc.collect()
    gc.freeze()  # pages stay shared with the workers
    _Host(connection, plan.work).serve()
    return 0


def _ignore(_number: int, _frame: object) -> None:
    """Exists so that SIGCHLD wakes `wait`."""


if __name__ == "__main__":
    # under its own name: orders that are unpickled are of that module
    sys.exit(importlib.import_module("grader.batch.host").main(sys.argv[1:]))
