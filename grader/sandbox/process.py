"""Containment by a supervised tree of processes: limits and a clean end, but no walls.

Covered: wall clock, CPU time, memory, processes and threads summed over the whole tree, the size of a single file, the
disk used in the writable folders, the output; the end of everything that was started, daemons included; an environment
built from nothing; nothing to read on stdin; no gain of privilege through setuid programs.

Not covered: the code runs as the person who grades. It can read and change that person's files, use the network, send
signals to that person's other processes and read what they hold. Limits that are sums are looked at several times a
second, so they can be passed for an instant. Memory outside of processes (files in a memory file system, buffers of
sockets), files that are deleted while open, and the memory of a GPU are not counted. Off Linux there is no subreaper:
a process that leaves its session between two looks is lost, and shared memory is counted more than once.

So: good enough for a person's own code on that person's own machine, and never for an official grade.
"""

import sys
from collections.abc import Callable

from grader.errors import MachineFault
from grader.sandbox.base import Command, Contained, Promise, Sandbox, Tick
from grader.sandbox.supervised import Supervised
from grader.sandbox.vessel import PlainVessel, Vessel

_COVERS = (
    "wall clock",
    "CPU time",
    "memory (sum, several looks a second)",
    "processes and threads",
    "file size",
    "disk in the run's folders",
    "output",
    "end of every process",
    "clean environment",
)
_LACKS = (
    "files of the person who grades",
    "network",
    "other processes of that person",
    "memory outside of processes",
    "GPU memory",
)
_LACKS_OFF_LINUX = ("processes that leave their session", "shared memory counted once")


class ProcessSandbox(Sandbox):
    """Contains a command as a child process tree."""

    def __init__(self, vessel: Callable[[], Vessel] = PlainVessel) -> None:
        """Contain in ordinary children.

        Args:
            vessel: what a command is launched in.
        """
        self._vessel = vessel

    def promise(self) -> Promise:
        """Return what process limits cover on this platform."""
        lacks = _LACKS if sys.platform.startswith("linux") else _LACKS + _LACKS_OFF_LINUX
        return Promise("process", official=False, covers=_COVERS, lacks=lacks)

    def available(self) -> str | None:
        """Return None on every Unix."""
        return "Windows has no process groups and no resource limits." if sys.platform == "win32" else None

    def run(self, command: Command, on_tick: Callable[[Tick], None] | None = None) -> Contained:
        """Run a command to its end or to its limit, then kill every process it left.

        Args:
            command: what to run, where, with which limits.
            on_tick: called a few times a second with the tree's usage.

        Returns:
            How it ended.

        Raises:
            MachineFault: GR602, this platform has no process limits.
            InternalFault: GR503, the command could not be started; GR507, its output could not be written.
        """
        missing = self.available()
        if missing is not None:
            raise MachineFault("GR602", missing)
        with Supervised(command, self._vessel()) as supervised:
            return supervised.run(on_tick)
