"""One supervised run: starts the launcher, watches the tree below it, keeps the output, ends everything."""

import contextlib
import json
import os
import secrets
import selectors
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from types import TracebackType
from typing import Any, Self

from grader.errors import InternalFault
from grader.sandbox.base import Command, Contained, Tick
from grader.sandbox.launcher import Order
from grader.sandbox.limits import describe
from grader.sandbox.output import Output
from grader.sandbox.tree import ProcessTree, send, stragglers
from grader.sandbox.vessel import MARKER, PlainVessel, Vessel
from grader.sandbox.watch import Watchdog

#: Looks are frequent at first, when a run may be short, then ten a second.
_FIRST_LOOK_SECONDS = 0.02
_SLOWEST_LOOK_SECONDS = 0.1
_TICK_SECONDS = 0.2
#: What ends by itself within this time after the command is not a survivor.
_GRACE_SECONDS = 0.3


class Supervised:
    """The life of one contained command; use as a context."""

    def __init__(self, command: Command, vessel: Vessel | None = None) -> None:
        """Start the command.

        Args:
            command: what to run, where, with which limits.
            vessel: what it is launched in; an ordinary child process when left out.

        Raises:
            InternalFault: GR503, the launcher could not be started; GR507, the output could not be kept.
        """
        self._command = command
        self._marker = f"{MARKER}={secrets.token_hex(12)}"
        self._vessel = vessel or PlainVessel()
        self._output = Output(command.stdout, command.limits.output_bytes)
        try:
            self._launcher, self._status = self._vessel.launch(self._output.writer)
        except OSError as exc:
            self._output.close()
            self._vessel.close()
            raise InternalFault("GR503", f"The supervisor could not be started: {exc.strerror}.") from exc
        self._output.started()
        self._events: dict[str, Any] = {}
        self._buffer = b""
        self._tree = self._enter()
        self._watchdog = Watchdog(self._tree, command.limits, command.writable, self._vessel.memory_bytes)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._output.reader, selectors.EVENT_READ, self._output.pump)
        self._selector.register(self._status, selectors.EVENT_READ, self._read_status)

    def _enter(self) -> ProcessTree:
        try:
            return self._vessel.enter(self._launcher.pid)
        except InternalFault as exc:
            self._vessel.destroy()
            self._launcher.communicate()
            said = self._output.read_now().decode("utf-8", "replace").strip()
            os.close(self._status)
            self._output.close()
            self._vessel.close()
            raise InternalFault(exc.code, f"{exc.message} {said}".strip()) from exc

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
        self._vessel.close()

    def run(self, on_tick: Callable[[Tick], None] | None) -> Contained:
        """Watch the command until it ends or passes a limit, then end everything.

        Args:
            on_tick: called a few times a second with the tree's usage.

        Returns:
            How it ended.

        Raises:
            InternalFault: GR503, the command could not be started; GR507, the output could not be kept.
        """
        command = self._command
        breach: tuple[str, str] | None = None
        try:
            self._give(self._vessel.order(command, self._marker))
            self._vessel.given()
            breach = self._watch(on_tick)
        except KeyboardInterrupt:
            breach = ("GR411", "interrupted")
        if breach is not None:
            self._vessel.stop()
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
        assert control is not None  # every vessel pipes it
        # the launcher may have died already; then `ended` never comes and the status pipe closes
        with contextlib.suppress(BrokenPipeError):
            control.write(order.line())
            control.flush()

    def _watch(self, on_tick: Callable[[Tick], None] | None) -> tuple[str, str] | None:
        interval = _FIRST_LOOK_SECONDS
        next_look = next_tick = time.monotonic()
        anonymous = 0
        while not {"ended", "failed", "gone"} & self._events.keys():
            self._pump(max(0.0, next_look - time.monotonic()))
            if self._output.over:
                return "GR405", describe("GR405", self._command.limits)
            now = time.monotonic()
            if now < next_look:
                continue
            breach = self._vessel.crowd()
            if breach is not None:
                return breach
            tick, breach = self._watchdog.look()
            breach = self._vessel.breach() or breach
            if breach is not None:
                return breach
            interval = min(interval * 1.3, _SLOWEST_LOOK_SECONDS)
            next_look = time.monotonic() + interval
            anonymous = max(anonymous, tick.anonymous_bytes)
            if on_tick is not None and now >= next_tick:
                next_tick = now + _TICK_SECONDS
                on_tick(replace(tick, anonymous_bytes=anonymous))
                anonymous = 0
        # the kernel may have killed for a limit between two looks, and the command's end came first
        return self._vessel.breach()

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
        self._vessel.wake()  # contained code may have stopped the launcher
        self._tree.kill(self._vessel.patience)
        assert self._launcher.stdin is not None  # every vessel pipes it
        with contextlib.suppress(BrokenPipeError):
            self._launcher.stdin.close()
        deadline = time.monotonic() + self._vessel.patience
        while "gone" not in self._events and time.monotonic() < deadline:
            self._pump(0.05)
        if "gone" not in self._events:
            self._vessel.destroy()  # it holds something that the kernel does not let go
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
        if breach is not None and breach[0] == "GR403":
            # the kernel kills at the limit, perhaps between two looks
            largest = max(largest, self._command.limits.memory_bytes or 0)
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
            seen=frozenset(self._watchdog.known),
        )
