"""A sandbox that contains nothing and is quick: forks check processes from one that has imported the libraries.

A check process spends most of its seconds on importing torch; a lab has dozens of cases. The first run of a lab is
judged in a real sandbox all the same.
"""

import importlib
import json
import os
import subprocess
import sys
import time
import weakref
from collections.abc import Callable
from dataclasses import dataclass, field

from grader.sandbox.base import Command, Contained, Promise, Sandbox, Tick

WORKER = "grader.checking.worker"
#: What measuring imports.
IMPORTS = (
    WORKER,
    "peft",
    "sklearn.metrics",
    "torch",
    "transformers.models.bert.modeling_bert",
    "transformers.models.distilbert.modeling_distilbert",
)


@dataclass
class WarmSandbox(Sandbox):
    """Runs check processes that the tests trust; ends when nobody holds it any more."""

    _server: subprocess.Popen[str] = field(init=False)

    def __post_init__(self) -> None:
        self._server = subprocess.Popen(
            [sys.executable, "-I", "-B", __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "OMP_NUM_THREADS": "1", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "HF_HUB_OFFLINE": "1"},
        )
        weakref.finalize(self, _stop, self._server)

    def promise(self) -> Promise:
        return Promise("warm", official=False, covers=(), lacks=("everything",))

    def available(self) -> str | None:
        return None

    def run(self, command: Command, on_tick: Callable[[Tick], None] | None = None) -> Contained:
        assert command.argv[-2] == WORKER, "only check processes are forked"
        order = {
            "job": command.argv[-1],
            "cwd": str(command.cwd),
            "log": str(command.stdout),
            "environment": command.environment,
        }
        started = time.perf_counter()
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        self._server.stdin.write(json.dumps(order) + "\n")
        self._server.stdin.flush()
        code = int(self._server.stdout.readline())
        return Contained(
            exit_code=code if code >= 0 else None,
            signal=-code if code < 0 else None,
            limit=None,
            detail="",
            wall_seconds=time.perf_counter() - started,
            cpu_seconds=0.0,
            peak_memory_bytes=0,
            output_bytes=command.stdout.stat().st_size if command.stdout else 0,
        )


def _stop(server: subprocess.Popen[str]) -> None:
    """Let the server read the end of its orders, and wait for it."""
    server.communicate()


def serve() -> None:
    """Import what check processes import, then fork one for each order on stdin and answer with its exit code."""
    for name in IMPORTS:
        importlib.import_module(name)
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if child == 0:
            _judge(order)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        print(code, flush=True)


def _judge(order: dict) -> None:
    """Become the check process of one order."""
    code = 1
    try:
        log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        for number in (1, 2):
            os.dup2(log, number)
        os.environ.clear()
        os.environ.update(order["environment"])
        os.chdir(order["cwd"])
        from grader.checking.worker import main

        code = main([order["job"]])
    finally:
        sys.stdout.flush()
        os._exit(code)


if __name__ == "__main__":
    serve()
