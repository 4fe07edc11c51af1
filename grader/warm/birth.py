"""Turns a fork of the server into what a fresh process would be, then into the command that was ordered."""

import importlib.util
import os
import random
import runpy
import signal
import sys
import tempfile
import time
import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NoReturn

from grader.sandbox.ending import end
from grader.sandbox.launcher import Order, confine
from grader.warm.constants import Place, refusal, settle
from grader.warm.joining import close_all_but

#: What a fresh interpreter ignores; a fork that was confined has these at their defaults.
_IGNORED = (signal.SIGPIPE, signal.SIGXFSZ)


@dataclass
class Memory:
    """What the server knows of itself when it has imported everything, for its children to put right."""

    environment: dict[str, str]
    """Under which everything was imported."""
    places: list[Place] = field(default_factory=list[Place])
    generators: list[random.Random] = field(default_factory=list[random.Random])
    path: list[str] = field(default_factory=list[str])


#: What this process has to remember when it is a fork of a warm server.
_own: list[Memory] = []


def is_forked() -> bool:
    """Return whether this process is a fork of a warm server."""
    return bool(_own)


def start(order: Order, memory: Memory) -> int:
    """Fork the command of an order; called in its supervisor in the place of starting a program.

    Args:
        order: what to become.
        memory: what the server remembers.

    Returns:
        The number of the new process.

    Raises:
        OSError: it could not become what was ordered, such as for a folder that is not there.
    """
    told, tell = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid == 0:
        _become(order, memory, tell)
    os.close(tell)
    with os.fdopen(told, "rb") as pipe:
        failure = pipe.read(4096)
    if failure:
        raise OSError(failure.decode("utf-8", "replace"))
    return pid


def _become(order: Order, memory: Memory, tell: int) -> NoReturn:
    """In the fork: everything between fork and the first line of the command."""
    code = 1
    try:
        os.setsid()
        os.set_inheritable(tell, False)
        signal.set_wakeup_fd(-1)
        reset_signals()
        confine(order.kernel_limits)
        os.chdir(order.cwd)
        program = program_of(order.argv)
        if program is None:
            os.execve(order.argv[0], order.argv, order.environment)  # noqa: S606  the command is a list, no shell's text
        for number in _IGNORED:
            signal.signal(number, signal.SIG_IGN)
        renew(order.environment, memory)
        os.close(tell)
        close_all_but(())
    except BaseException as exc:
        os.write(tell, f"{type(exc).__name__}: {exc}".encode()[:4000] or b"?")
        os._exit(code)
    end(program)


def reset_signals() -> None:
    """Give signals the handlers of a fresh interpreter."""
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)


def renew(environment: Mapping[str, str], memory: Memory) -> None:
    """Put right what a fork inherits and a fresh process would not have.

    Args:
        environment: the whole environment of the command.
        memory: what the server remembers.

    Raises:
        RuntimeError: the command needs another environment than the one under which libraries were imported.
    """
    reason = refusal(memory.environment, environment)
    if reason is not None:
        raise RuntimeError(reason)
    _own[:] = [memory]
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    tempfile.tempdir = None
    settle(memory.places, environment)
    reseed()
    _forget_finalizers()
    _set_threads(environment)
    sys.path[:] = memory.path
    sys.stdin = open(0, closefd=False)  # noqa: SIM115  the server's own would be at its end


def reseed() -> None:
    """Give this fork random numbers of its own."""
    random.seed()
    for generator in [found for memory in _own for found in memory.generators]:
        generator.seed()
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed()
    if "torch" in sys.modules:
        sys.modules["torch"].seed()


def _forget_finalizers() -> None:
    """Let this process end without what the server is to do at its own end, such as taking libraries apart."""
    for finalizer in tuple(weakref.finalize._registry):  # type: ignore[attr-defined]  # nothing public lists them
        finalizer.atexit = False


def _set_threads(environment: Mapping[str, str]) -> None:
    wanted = environment.get("OMP_NUM_THREADS", "")
    if "torch" in sys.modules and wanted.isdigit() and int(wanted) > 0:
        sys.modules["torch"].set_num_threads(int(wanted))


def program_of(argv: tuple[str, ...]) -> Callable[[], object] | None:
    """Return the program that a command line of this interpreter means; None when it has to be started as a process.

    Args:
        argv: `python [-I] [-B] -m MODULE ...` or `python [-I] [-B] -c CODE ...`.
    """
    if not argv or argv[0] != sys.executable:
        return None
    rest = list(argv[1:])
    while rest and rest[0] in {"-I", "-B"}:
        sys.dont_write_bytecode |= rest.pop(0) == "-B"
    if len(rest) < 2 or rest[0] not in {"-m", "-c"}:
        return None
    kind, what, *arguments = rest
    sys.argv = ["-c" if kind == "-c" else what, *arguments]
    return _code(what) if kind == "-c" else _module(what)


def _code(text: str) -> Callable[[], object]:
    def run() -> None:
        main = type(sys)("__main__")
        main.__dict__["__builtins__"] = __builtins__
        sys.modules["__main__"] = main
        exec(compile(text, "<string>", "exec"), main.__dict__)  # noqa: S102  the command, in its box

    return run


def _module(name: str) -> Callable[[], object]:
    def run() -> None:
        sys.modules.pop(name, None)  # it runs once, as in a process that has not imported it
        spec = importlib.util.find_spec(name)
        if spec is None:
            raise ImportError(f"No module named {name}")
        sys.argv[0] = spec.origin or name
        runpy.run_module(name, run_name="__main__", alter_sys=True)

    return run
