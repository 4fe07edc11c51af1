"""What all containments by a box have in common, whatever builds it: it is tried once, and runs a command per box."""

import contextlib
import os
import sys
from abc import abstractmethod
from collections.abc import Callable

from grader.errors import GraderError, MachineFault
from grader.sandbox import seccomp
from grader.sandbox.base import Command, Contained, Promise, Sandbox, Tick
from grader.sandbox.boxed import BoxVessel
from grader.sandbox.builders import Builder
from grader.sandbox.cgroup import make_group, sweep
from grader.sandbox.probes import probe
from grader.sandbox.slots import borrow_slot
from grader.sandbox.supervised import Supervised

_COVERS = (
    "files outside the run",
    "network",
    "other processes",
    "system calls",
    "wall clock",
    "CPU time",
    "processes and threads",
    "file size",
    "disk in the run's folders",
    "output",
    "end of every process",
    "clean environment",
)
_COUNTED = "memory (sum, by the kernel)"
_WATCHED = "memory (sum, several looks a second)"
_LACKS = ("faults of the kernel", "GPU memory", "timing")


class BoxSandbox(Sandbox):
    """Contains a command in a box of its own."""

    name = ""
    #: What this way of building lacks besides what every box lacks.
    lacks: tuple[str, ...] = ()

    def __init__(self, vessel: Callable[[Builder, Command, int | None], BoxVessel] = BoxVessel) -> None:
        """Nothing has been tried yet.

        Args:
            vessel: what a command is launched in; see `BoxVessel`.
        """
        self._vessel = vessel
        self._tried: tuple[str | None, str | None] | None = None

    @abstractmethod
    def missing(self) -> str | None:
        """Return what this machine lacks, or None when a box may be tried."""

    @abstractmethod
    def builder(self) -> Builder:
        """Return what builds the box."""

    def promise(self) -> Promise:
        """Return what a box covers here."""
        group = make_group(None, None)
        if group is not None:
            group.remove()
        memory = _WATCHED if group is None else _COUNTED
        return Promise(self.name, official=True, covers=(*_COVERS, memory), lacks=(*_LACKS, *self.lacks))

    def available(self) -> str | None:
        """Return None when a box can be built here."""
        return self.missing() or self._try()[0]

    def leaks(self) -> str | None:
        """Return None when hostile probes were tried in a box and none got through."""
        return self._try()[1]

    def _try(self) -> tuple[str | None, str | None]:
        """Why no box can be built here, and what gets out of one."""
        if self._tried is None:
            sweep()
            try:
                self._tried = None, probe(self)
            except GraderError as exc:
                self._tried = exc.message, None
        return self._tried

    def run(self, command: Command, on_tick: Callable[[Tick], None] | None = None) -> Contained:
        """Run a command in a box to its end or to its limit; nothing of it is left then.

        Call it from a thread that lives until it returns, which every caller does that waits for it.

        Args:
            command: what to run, where, with which limits.
            on_tick: called a few times a second with the usage of the box.

        Returns:
            How it ended.

        Raises:
            MachineFault: GR602, boxes cannot be built here, or no user is left to lend.
            InternalFault: GR503, the box could not be built; GR507, its output could not be written.
        """
        reason = self.missing()
        if reason is not None:
            raise MachineFault("GR602", reason)
        with contextlib.ExitStack() as stack:
            uid = stack.enter_context(borrow_slot()) if os.getuid() == 0 else None
            supervised = stack.enter_context(Supervised(command, self._vessel(self.builder(), command, uid)))
            return supervised.run(on_tick)


def no_boxes() -> str | None:
    """Return why no box of any kind can be built here, or None."""
    if not sys.platform.startswith("linux"):
        return "Boxes need Linux."
    if not seccomp.supported():
        return f"The system calls of {os.uname().machine} are not known."
    return None
