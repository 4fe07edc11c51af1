"""A containment whose commands are forked by a warm server, and that goes the cold way whenever that cannot be."""

from collections.abc import Callable

from grader.errors import InternalFault
from grader.sandbox.base import Command, Contained, Promise, Sandbox, Tick
from grader.sandbox.box_sandbox import BoxSandbox
from grader.sandbox.process import ProcessSandbox
from grader.warm.client import Server
from grader.warm.vessels import WarmPlainVessel, box_vessel


class WarmSandbox(Sandbox):
    """The same promise as the containment that it warms: the same walls, limits and supervisor."""

    def __init__(self, cold: Sandbox, server: Server, say: Callable[[str], None]) -> None:
        """Warm a containment.

        Args:
            cold: a `BoxSandbox` or a `ProcessSandbox`; every other one is left as it is.
            server: forks the commands.
            say: told when a command goes the cold way, and why.
        """
        self._cold = cold
        self._say = say
        self._warm: Sandbox | None = None
        if isinstance(cold, BoxSandbox):
            self._warm = type(cold)(box_vessel(server))
        elif isinstance(cold, ProcessSandbox):
            self._warm = ProcessSandbox(lambda: WarmPlainVessel(server))

    def promise(self) -> Promise:
        """Return what the containment covers, warm or cold."""
        return self._cold.promise()

    def available(self) -> str | None:
        """Return what the containment lacks here."""
        return self._cold.available()

    def leaks(self) -> str | None:
        """Return what gets out of the containment."""
        return self._cold.leaks()

    def run(self, command: Command, on_tick: Callable[[Tick], None] | None = None) -> Contained:
        """Run a command in a fork of the warm server, or as a new process where that cannot be.

        Args:
            command: what to run.
            on_tick: called a few times a second with the usage.

        Returns:
            How it ended.

        Raises:
            MachineFault: GR602, the containment is not available here.
            InternalFault: GR503, the containment itself failed, cold as well; GR507, output could not be kept.
        """
        if self._warm is None or command.gpu:
            return self._cold.run(command, on_tick)
        try:
            return self._warm.run(command, on_tick)
        except InternalFault as exc:
            if exc.code != "GR503":  # only what never started may start again
                raise
            self._say(f"not warm: {exc.message}")
            return self._cold.run(command, on_tick)
