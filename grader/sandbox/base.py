"""The port that every containment implements: a command in, a result out, whatever the command did."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from grader.model.lab import Limits
from grader.model.run import SandboxStamp


@dataclass(frozen=True)
class Command:
    """A command to contain."""

    argv: tuple[str, ...]
    cwd: Path
    """Inside `writable`."""
    environment: dict[str, str]
    """The whole environment; nothing is inherited."""
    limits: Limits
    writable: tuple[Path, ...]
    """Folders that the command may write; what they hold counts against `limits.disk_bytes`."""
    readable: tuple[Path, ...] = ()
    """Further folders that it may read, where the backend can restrict reading."""
    stdout: Path | None = None
    """File for stdout and stderr, cut at `limits.output_bytes`."""
    network_ports: tuple[int, ...] = ()
    """Loopback ports that it may reach, where the backend can restrict the network."""
    gpu: bool = False
    """Whether it may use the machine's GPUs, where the backend can restrict devices."""


@dataclass(frozen=True)
class Contained:
    """How a contained command ended, measured from outside."""

    exit_code: int | None
    """None when it was killed by us."""
    signal: int | None
    limit: str | None
    """`GR401` to `GR406` when a limit stopped it, `GR411` when the person did."""
    detail: str
    """The limit in words with its figure, such as `memory 4.0 GiB`; empty otherwise."""
    wall_seconds: float
    cpu_seconds: float
    peak_memory_bytes: int
    output_bytes: int
    survivors: int = 0
    """Processes that were still there after the command ended and had to be killed."""
    seen: frozenset[int] = frozenset()
    """Numbers that its processes had on this machine, of all that were there at some look."""


@dataclass(frozen=True)
class Tick:
    """What the tree of processes uses now: given to a progress display a few times a second."""

    wall_seconds: float
    cpu_seconds: float
    memory_bytes: int
    processes: int
    anonymous_bytes: int = 0
    """The most memory of one process that no file backs, since the tick before."""


@dataclass(frozen=True)
class Promise:
    """What a backend covers and what it does not, in words a person can read."""

    backend: str
    official: bool
    covers: tuple[str, ...]
    lacks: tuple[str, ...] = field(default=())

    def stamp(self) -> SandboxStamp:
        """Return the part of the promise that goes into run.json."""
        return SandboxStamp(self.backend, self.official, self.covers, self.lacks)


class Sandbox(ABC):
    """One way to contain a command."""

    @abstractmethod
    def promise(self) -> Promise:
        """Return what this backend covers on this machine."""

    @abstractmethod
    def available(self) -> str | None:
        """Return None when the backend works here, else one sentence saying what is missing."""

    def leaks(self) -> str | None:
        """Return None when what it promises was tried here and holds, else one sentence with what got through."""
        return None

    @abstractmethod
    def run(self, command: Command, on_tick: Callable[[Tick], None] | None = None) -> Contained:
        """Run a command to its end or to its limit, then kill every process it left.

        Args:
            command: what to run, where, with which limits.
            on_tick: called a few times a second with the tree's usage.

        Returns:
            How it ended. A limit, a crash or a kill is a result.

        Raises:
            MachineFault: GR602, the backend is not available here.
            InternalFault: GR503, the containment itself failed.
        """
