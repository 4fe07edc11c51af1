"""Workers of a batch that are a few lines of Python."""

import functools
import importlib
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence

from grader.batch.engine import LocalEngine
from grader.batch.spool import Spool
from grader.batch.starting import CommandStarter, ForkStarter
from grader.model.device import Gpu


def by_command(program: str, spool: Spool, environment: Mapping[str, str], gpus: Sequence[Gpu] = ()) -> LocalEngine:
    """An engine that starts a new process for each job, with the key as its argument."""
    return LocalEngine(CommandStarter((sys.executable, "-c", program), environment, spool), spool, gpus)


def fork_starter(
    program: str, spool: Spool, environment: Mapping[str, str], prepare: Callable[[], object] = tuple
) -> ForkStarter:
    """Forks workers that run the program as a new process would."""
    return ForkStarter(functools.partial(run_program, program), environment, spool, prepare)


def run_program(program: str, key: str) -> None:
    """Run a program in this process."""
    sys.argv = ["-c", key]
    exec(program, {"__name__": "__main__"})


def fail() -> None:
    """Prepare nothing, and break."""
    raise ValueError("not prepared")


def say_so() -> None:
    """Print without flushing, and leave a process behind that ends at some time."""
    print("prepared", end="")
    subprocess.Popen(["/bin/sleep", "0.1"])


def fork_only_later() -> None:
    """Let the next fork of this process fail."""
    fork = os.fork

    def fail_once() -> int:
        os.fork = fork
        raise BlockingIOError("no more processes")

    os.fork = fail_once


class Unreadable:
    """Work that can be pickled, but not unpickled."""

    def __call__(self, key: str) -> None:
        """Is never called."""

    def __reduce__(self) -> tuple[type, tuple[str]]:
        """Break where it is read."""
        return int, ("no work",)


def import_this() -> None:
    """Import a module that nothing else imports."""
    importlib.import_module("this")
