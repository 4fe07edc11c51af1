"""Launches supervisors that a warm server forks: into a box, or as ordinary processes."""

import contextlib
import os
import select
import shutil
import signal
import socket
from collections.abc import Callable
from typing import IO

from grader.errors import InternalFault
from grader.sandbox.base import Command
from grader.sandbox.boxed import BoxVessel
from grader.sandbox.builders import Builder
from grader.sandbox.seccomp import build_filter
from grader.sandbox.tree import LinuxTree, ProcessTree
from grader.sandbox.vessel import Launched, PlainVessel
from grader.warm.client import Birth, Server, WarmFault
from grader.warm.joining import namespaces_of

#: Does nothing until its stdin ends: a box is built around a program.
_HOLDER = shutil.which("cat", path="/usr/bin:/bin") or "/usr/bin/cat"


class Forked:
    """A supervisor that is no child of this process, as `Supervised` wants to see it."""

    def __init__(self, birth: Birth, stdin: IO[bytes]) -> None:
        """Know it by its pidfd; the number stands for it while that is open."""
        self.pid = birth.pid
        self.handle = birth.handle
        self.stdin: IO[bytes] | None = stdin

    def wait(self) -> int:
        """Wait for its end; how it ended stands among its answers."""
        select.select([self.handle], [], [])
        return 0

    def communicate(self) -> object:
        """Say that there is no order, and wait for its end."""
        if self.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self.stdin.close()
        return self.wait()

    def send(self, number: signal.Signals) -> None:
        """Send it a signal; nothing happens when it is gone."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            signal.pidfd_send_signal(self.handle, number)


def _ask(server: Server, output: int, extra: dict[str, list[int]], uid: int | None) -> tuple[Forked, int]:
    """Have a supervisor forked.

    Args:
        server: forks it.
        output: for what it and the command print.
        extra: further descriptors by what they are: `filter`, `handover`, `namespaces`.
        uid: the user that it becomes first.

    Returns:
        The supervisor, and the descriptor on which it answers.

    Raises:
        WarmFault: there is none.
    """
    with contextlib.ExitStack() as theirs:
        reader, writer = os.pipe()
        theirs.callback(os.close, writer)
        control, order = os.pipe()
        theirs.callback(os.close, control)
        descriptors = [control, writer, output]
        request: dict[str, object] = {"uid": uid, "control": 0, "status": 1, "output": 2}
        for name in ("filter", "handover"):
            request[name] = len(descriptors) if name in extra else None
            descriptors += extra.get(name, [])
        spaces = extra.get("namespaces", [])
        request["namespaces"] = list(range(len(descriptors), len(descriptors) + len(spaces)))
        try:
            birth = server.fork(request, [*descriptors, *spaces])
        except BaseException:
            os.close(reader)
            os.close(order)
            raise
    return Forked(birth, os.fdopen(order, "wb")), reader


class WarmBoxVessel(BoxVessel):
    """A box whose supervisor and command are forks of a warm server."""

    def __init__(self, server: Server, builder: Builder, command: Command, uid: int | None) -> None:
        """Prepare the box.

        Args:
            server: forks into it.
            builder: as for `BoxVessel`.
            command: as for `BoxVessel`.
            uid: as for `BoxVessel`.
        """
        super().__init__(builder, command, uid)
        self._server = server
        self._holder = -1
        self._forked: Forked | None = None

    def launch(self, output: int) -> tuple[Launched, int]:
        """Build the box around a program that does nothing, then have the supervisor forked into it."""
        self._outer = self.build((_HOLDER,), output)
        try:
            self._first, self._holder = self.find()
            return self._fork(output)
        except (InternalFault, WarmFault, OSError) as exc:
            raise OSError(0, str(exc)) from exc

    def _fork(self, output: int) -> tuple[Launched, int]:
        with contextlib.ExitStack() as theirs:
            self._channel, far = socket.socketpair()
            self._resources.callback(self._channel.close)
            theirs.callback(far.close)
            spaces = namespaces_of(self._holder)
            for descriptor in spaces:
                theirs.callback(os.close, descriptor)
            rules = os.memfd_create("grader", os.MFD_CLOEXEC)
            theirs.callback(os.close, rules)
            os.write(rules, build_filter(cgroup=self.counted))
            extra = {"filter": [rules], "handover": [far.fileno()], "namespaces": spaces}
            self._forked, reader = _ask(self._server, output, extra, self._uid)
        self._resources.callback(os.close, self._forked.handle)
        return self._forked, reader

    def enter(self, launcher: int) -> ProcessTree:
        """Bound the box; everything below the supervisor is the command's."""
        assert self._outer is not None  # it was launched
        assert self._forked is not None
        members = (self._outer.pid, self._first, self._holder, launcher)
        self.hold(self._first, launcher, members)
        return LinuxTree(launcher)

    def close(self) -> None:
        """End the box, which nothing in it does by itself, and give back what is held."""
        if self._outer is not None:
            self.destroy()
            self._outer.communicate()
        super().close()


class WarmPlainVessel(PlainVessel):
    """A supervisor that is a fork of a warm server, and no walls."""

    def __init__(self, server: Server) -> None:
        """Prepare it.

        Args:
            server: forks it.
        """
        self._server = server
        self._forked: Forked | None = None

    def launch(self, output: int) -> tuple[Launched, int]:
        """Have the supervisor forked."""
        try:
            self._forked, reader = _ask(self._server, output, {}, None)
        except WarmFault as exc:
            raise OSError(0, str(exc)) from exc
        return self._forked, reader

    def wake(self) -> None:
        """Make the supervisor go on."""
        self._signal(signal.SIGCONT)

    def destroy(self) -> None:
        """Kill the supervisor."""
        self._signal(signal.SIGKILL)

    def close(self) -> None:
        """Let go of it."""
        if self._forked is not None:
            os.close(self._forked.handle)
            self._forked = None

    def _signal(self, number: signal.Signals) -> None:
        if self._forked is not None:
            self._forked.send(number)


def box_vessel(server: Server) -> Callable[[Builder, Command, int | None], BoxVessel]:
    """Return what a `BoxSandbox` launches its commands in, to have them forked by a warm server."""
    return lambda builder, command, uid: WarmBoxVessel(server, builder, command, uid)
