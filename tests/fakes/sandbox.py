"""A sandbox whose commands do what the test says, in this process and at once."""

from collections.abc import Callable
from dataclasses import replace

from grader.errors import MachineFault
from grader.sandbox.base import Command, Contained, Promise, Sandbox, Tick

ENDED = Contained(
    exit_code=0,
    signal=None,
    limit=None,
    detail="",
    wall_seconds=1.0,
    cpu_seconds=0.5,
    peak_memory_bytes=50 * 1024**2,
    output_bytes=0,
)


def killed(limit: str, detail: str) -> Contained:
    """How a command ends at a limit."""
    return replace(ENDED, exit_code=None, signal=9, limit=limit, detail=detail)


class FakeSandbox(Sandbox):
    """Plays a script instead of running anything."""

    def __init__(self, play: Callable[[Command], Contained] = lambda _: ENDED, missing: str | None = None) -> None:
        """Play `play`; be unavailable when `missing` says why."""
        self.commands: list[Command] = []
        self._play = play
        self._missing = missing

    def promise(self) -> Promise:
        return Promise("fake", official=False, covers=("nothing",), lacks=("everything",))

    def available(self) -> str | None:
        return self._missing

    def run(self, command: Command, on_tick: Callable[[Tick], None] | None = None) -> Contained:
        if self._missing is not None:
            raise MachineFault("GR602", self._missing)
        self.commands.append(command)
        contained = self._play(command)
        if command.stdout is not None and not command.stdout.exists():
            command.stdout.write_bytes(b"")
        if on_tick is not None:
            on_tick(Tick(contained.wall_seconds, contained.cpu_seconds, contained.peak_memory_bytes, 1))
        return contained
