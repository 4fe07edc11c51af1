"""One supervised run: starts the launcher, watches the tree below it, keeps the output, ends everything."""

import contextlib
import json
import os
import secrets
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from grader.errors import InternalFault
from grader.sandbox.base import Command, Contained, Tick
from grader.sandbox.launcher import Order
from grader.sandbox.limits import describe, kernel_limits
from grader.sandbox.output import Output
from grader.sandbox.tree import send, stragglers, tree_below
from grader.sandbox.watch import Watchdog

#: Looks are frequent at first, when a run may be short, then ten a second.
_FIRST_LOOK_SECONDS = 0.02
_SLOWEST_LOOK_SECONDS = 0.1
_TICK_SECONDS = 0.2
#: What ends by itself within this time after the command is not a survivor.
_GRACE_SECONDS = 0.3
#: For processes that the kernel does not let go at once, and for a launcher that does not answer.
_PATIENCE_SECONDS = 10.0
#: Inherited by everything that a run starts, so that it can be found when the launcher was killed.
MARKER = "GRADER_BOX"


class Supervised:
    """The life of one contained command; use as a context."""

    def __init__(self, command: Command) -> None:
        """Start the command.

        Args:
            command: what to run, where, with which limits.

        Raises:
            InternalFault: GR503, the launcher could not be started; GR507, the output could not be kept.
        """
        self._command = command
        self._marker = f"{MARKER}={secrets.token_hex(12)}"
        self._output = Output(command.stdout, command.limits.output_bytes)
        try:
            self._launcher, self._status = _launch(self._output.writer)
        except OSError as exc:
            self._output.close()
            raise InternalFault("GR503", f"The supervisor could not be started: {exc.strerror}.") from exc
        self._output.started()
        self._events: dict[str, Any] = {}
        self._buffer = b""
        self._interrupted = False
        self._tree = tree_below(self._launcher.pid)
        self._watchdog = Watchdog(self._tree, command.limits, command.writable)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._output.reader, selectors.EVENT_READ, self._output.pump)
        self._selector.register(self._status, selectors.EVENT_READ, self._read_status)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End whatever is left, on every path."""
        self._end_everything()
        self._selector.close()
        os.close(self._status)
        self._output.close()

    def run(self, on_tick: Callable[[Tick], None] | None) -> Contained:
        """Watch the command until it ends or passes a limit, then end everything.

        Args:
            on_tick: called a few times a second with the tree's usage.

        Returns:
            How it ended.

        Raises:
            InternalFault: GR503, the command could not be started; GR507, the output could not be kept.
        """
        name, _, value = self._marker.partition("=")
        command = self._command
        environment = {**command.environment, name: value}
        order = Order(command.argv, str(command.cwd), environment, kernel_limits(command.limits))
        breach: tuple[str, str] | None = None
        try:
            self._give(order)
            breach = self._watch(on_tick)
        except KeyboardInterrupt:
            breach = ("GR411", "interrupted")
        wall = self._watchdog.wall_seconds()
        if "failed" in self._events:
            raise InternalFault("GR503", f"{command.argv[0]} could not be started: {self._events['failed']}.")
        survivors = self._survivors() if breach is None else 0
        self._end_everything()
        self._output.drain()
        if breach is None and self._output.over:
            breach = "GR405", describe("GR405", command.limits)
        return self._contained(breach, wall, survivors)

    def _give(self, order: Order) -> None:
        control = self._launcher.stdin
        # the launcher may have died already; then `ended` never comes and the status pipe closes
        with contextlib.suppress(BrokenPipeError):
            if control is not None:
                control.write(order.line())
                control.flush()

    def _watch(self, on_tick: Callable[[Tick], None] | None) -> tuple[str, str] | None:
        interval = _FIRST_LOOK_SECONDS
        next_look = next_tick = time.monotonic()
        while not {"ended", "failed", "gone"} & self._events.keys():
            self._pump(max(0.0, next_look - time.monotonic()))
            if self._output.over:
                return "GR405", describe("GR405", self._command.limits)
            now = time.monotonic()
            if now < next_look:
                continue
            tick, breach = self._watchdog.look()
            if breach is not None:
                return breach
            interval = min(interval * 1.3, _SLOWEST_LOOK_SECONDS)
            next_look = time.monotonic() + interval
            if on_tick is not None and now >= next_tick:
                next_tick = now + _TICK_SECONDS
                on_tick(tick)
        return None

    def _pump(self, timeout: float) -> None:
        for key, _ in self._selector.select(timeout):
            key.data()

    def _read_status(self) -> None:
        piece = os.read(self._status, 65536)
        if not piece:
            self._selector.unregister(self._status)
            self._events["gone"] = True
        self._buffer += piece
        *lines, self._buffer = self._buffer.split(b"\n")
        for line in lines:
            self._events.update(json.loads(line))

    def _survivors(self) -> int:
        """Count what does not end by itself soon after the command."""
        deadline = time.monotonic() + _GRACE_SECONDS
        while time.monotonic() < deadline and "gone" not in self._events:
            self._pump(0.02)
        left = self._tree.processes()
        self._watchdog.known.update((process.pid, process) for process in left)
        return len(left) or len(self._lost())

    def _lost(self) -> list[int]:
        """What is left of the tree when its root was killed."""
        if "cpu" in self._events or "gone" not in self._events:
            return []
        self._launcher.wait()
        return stragglers(self._watchdog.known.values(), self._marker)

    def _end_everything(self) -> None:
        """Kill the tree, let the launcher reap it, and sweep when there is no launcher any more."""
        self._launcher.send_signal(signal.SIGCONT)  # contained code may have stopped it
        self._tree.kill(_PATIENCE_SECONDS)
        if self._launcher.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self._launcher.stdin.close()
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while "gone" not in self._events and time.monotonic() < deadline:
            self._pump(0.05)
        if "gone" not in self._events:
            self._launcher.kill()  # it holds something that the kernel does not let go
        self._launcher.wait()
        while (lost := self._lost()) and time.monotonic() < deadline:
            for pid in lost:
                send(pid, signal.SIGKILL)
            time.sleep(0.01)

    def _contained(self, breach: tuple[str, str] | None, wall: float, survivors: int) -> Contained:
        ended: int | None = self._events.get("ended")
        natural = breach is None and ended is not None
        exited = natural and ended is not None and ended >= 0
        unit = 1 if sys.platform == "darwin" else 1024
        largest = int(self._events.get("largest", 0)) * unit
        return Contained(
            exit_code=ended if exited else None,
            signal=None if exited else -ended if natural and ended is not None else int(signal.SIGKILL),
            limit=breach[0] if breach else None,
            detail=breach[1] if breach else "" if natural else "the supervisor was killed",
            wall_seconds=wall,
            cpu_seconds=max(self._watchdog.cpu_seconds, float(self._events.get("cpu", 0.0))),
            peak_memory_bytes=max(self._watchdog.peak_bytes, largest),
            output_bytes=self._output.total,
            survivors=survivors,
        )


def _launch(output: int) -> tuple[subprocess.Popen[bytes], int]:
    reader, writer = os.pipe()
    try:
        launcher = subprocess.Popen(
            [sys.executable, "-I", "-m", "grader.sandbox.launcher", str(writer)],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            cwd=Path(sys.prefix),
            env=_own_environment(),
            pass_fds=(writer,),
            start_new_session=True,
        )
    except OSError:
        os.close(reader)
        raise
    finally:
        os.close(writer)
    return launcher, reader


def _own_environment() -> dict[str, str]:
    """The launcher is ours, but its memory lies beside the contained code's: it gets nothing that is secret."""
    passed = ("PATH", "LANG", "COVERAGE_PROCESS_CONFIG")
    return {name: os.environ[name] for name in passed if name in os.environ}
