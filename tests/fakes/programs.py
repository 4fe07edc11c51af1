"""Workers of a batch that are a few lines of Python."""

import functools
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


def import_this() -> None:
    """Import a module that nothing else imports."""
    import this  # noqa: F401
