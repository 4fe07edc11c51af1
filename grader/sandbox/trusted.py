"""Runs the course's own files without containing them, quickly: forks of one process that has imported the libraries.

A check process spends most of its seconds on importing torch, and a lab has dozens of wrong submissions. They are made
by the course's authors, like the checks, so judging them needs no box. A student's submission always gets one.
"""

import itertools
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable, Mapping
from typing import Any, cast

from grader.errors import InternalFault
from grader.sandbox.base import Command, Contained, Promise, Sandbox, Tick
from grader.sandbox.limits import describe

#: Nothing of this is for the network: a Hub answers nobody here.
_ENVIRONMENT = {
    "CUDA_VISIBLE_DEVICES": "",
    "HF_ENDPOINT": "http://127.0.0.1:9",
    "HF_HUB_OFFLINE": "1",
    "OMP_NUM_THREADS": "1",
    "TOKENIZERS_PARALLELISM": "false",
}
#: For a machine that is busy: beyond this, the process of an order was killed by something else.
_GRACE_SECONDS = 120.0


class TrustedProcesses(Sandbox):
    """Runs `python -m MODULE ARGUMENTS` in a fork; several threads may ask at the same time."""

    def __init__(self, imports: tuple[str, ...]) -> None:
        """Start the process that is forked.

        Args:
            imports: what it imports before the first fork.
        """
        code = f"from grader.sandbox.trusted_server import serve; serve({list(imports)!r})"
        self._server = subprocess.Popen(
            [sys.executable, "-I", "-B", "-c", code],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **_ENVIRONMENT},
        )
        self._numbers = itertools.count()
        self._writing = threading.Lock()
        self._waiting: dict[int, queue.SimpleQueue[Mapping[str, Any] | None]] = {}
        self._ended = threading.Event()
        listener = threading.Thread(target=_listen, args=(self._server, self._waiting, self._ended), daemon=True)
        listener.start()
        self._finalizer = weakref.finalize(self, _stop, self._server, listener)

    def close(self) -> None:
        """Let the process end; without it, it ends with this object."""
        self._finalizer()

    def promise(self) -> Promise:
        """Cover nothing."""
        return Promise("trusted", official=False, covers=(), lacks=("everything: for the course's own files",))

    def available(self) -> str | None:
        """Work wherever a process can be forked."""
        return None if hasattr(os, "fork") else "this system cannot fork processes"

    def run(self, command: Command, on_tick: Callable[[Tick], None] | None = None) -> Contained:
        """Run a module in a fork; only the time limit is kept.

        Args:
            command: its argv is `python [options] -m MODULE ARGUMENTS`.
            on_tick: never called.

        Raises:
            InternalFault: GR503, the process that is forked has ended.
        """
        del on_tick
        module = command.argv.index("-m") + 1
        log = command.stdout or command.cwd / "log"
        order = {
            "module": command.argv[module],
            "arguments": command.argv[module + 1 :],
            "cwd": str(command.cwd),
            "log": str(log),
            "environment": command.environment,
            "seconds": command.limits.wall_seconds,
        }
        started = time.perf_counter()
        answer = self._ask(order)
        code: int = answer["code"]
        late = code == -signal.SIGALRM
        return Contained(
            exit_code=code if code >= 0 else None,
            signal=-code if code < 0 else None,
            limit="GR401" if late else None,
            detail=describe("GR401", command.limits) if late else "",
            wall_seconds=time.perf_counter() - started,
            cpu_seconds=answer["cpu"],
            peak_memory_bytes=answer["peak"],
            output_bytes=log.stat().st_size if log.exists() else 0,
        )

    def _ask(self, order: Mapping[str, Any]) -> Mapping[str, Any]:
        number = next(self._numbers)
        answers: queue.SimpleQueue[Mapping[str, Any] | None] = queue.SimpleQueue()
        self._waiting[number] = answers
        try:
            with self._writing:
                assert self._server.stdin is not None
                self._server.stdin.write(json.dumps({"id": number, **order}) + "\n")
                self._server.stdin.flush()
            answer = None if self._ended.is_set() else answers.get(timeout=order["seconds"] + _GRACE_SECONDS)
        except (OSError, ValueError, queue.Empty):  # its end of the pipe is closed, or ours, or nobody answers
            answer = None
        finally:
            del self._waiting[number]
        if answer is None:
            raise InternalFault("GR503", "The process that judges the course's own submissions has ended.")
        return answer


def _listen(
    server: "subprocess.Popen[str]",
    waiting: Mapping[int, "queue.SimpleQueue[Mapping[str, Any] | None]"],
    ended: threading.Event,
) -> None:
    """Hand every answer to whoever waits for it; at the end, tell everybody that none will come."""
    assert server.stdout is not None
    for line in server.stdout:
        answer = cast("Mapping[str, Any]", json.loads(line))
        waiting[answer["id"]].put(answer)
    ended.set()
    for answers in list(waiting.values()):
        answers.put(None)


def _stop(server: "subprocess.Popen[str]", listener: threading.Thread) -> None:
    """Let the server read the end of its orders, and wait for it."""
    assert server.stdin is not None
    assert server.stdout is not None
    server.stdin.close()
    server.wait()
    listener.join()
    server.stdout.close()
