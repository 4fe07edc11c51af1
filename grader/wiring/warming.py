"""Finds, starts and stops warm servers, and puts one behind the containment where there is one that fits."""

import contextlib
import hashlib
import sys
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from grader.errors import MachineFault
from grader.model.lab import Lab
from grader.reuse import installed_sha256, sources_sha256
from grader.sandbox.base import Command, Contained, Sandbox, Tick
from grader.settings import Settings
from grader.warm.client import Server, WarmFault, find_kept
from grader.warm.modules import PRELOAD
from grader.warm.sandbox import WarmSandbox
from grader.warm.starting import start_kept, start_private
from grader.wiring.choices import ChosenLater

#: Starting a server takes five seconds of CPU, and saves seven with each submission that imports torch.
FEW_JOBS = 3
#: Values of `GRADER_WARM` that name no server.
_UNNAMED = frozenset({"auto", "beside"})


@dataclass(frozen=True)
class WarmStatus:
    """`grader.warm/1`: what `grader warm status` shows."""

    running: bool
    """Whether there is a server that a run would use."""
    detail: str
    """In words: since when, or why not."""
    pid: int | None = None
    """Of the server."""
    served: int = 0
    """Commands that it has forked."""
    seconds_left: int = 0
    """Until it ends, when nobody asks."""
    schema: str = "grader.warm/1"
    """Name and version of this format."""


class WarmedLater(ChosenLater):
    """The chosen containment, with a warm server behind it where one is there; found when first needed."""

    def __init__(
        self,
        settings: Settings,
        labs: Iterable[Lab],
        say: Callable[[str], None],
        arriving: Callable[[], Server | None] = lambda: None,
    ) -> None:
        """Keep what was asked for.

        Args:
            settings: sandbox and server.
            labs: what they name to be imported must be.
            say: told when a command goes the cold way all the same.
            arriving: returns a server that was not there at first, as soon as it is.
        """
        super().__init__(settings.sandbox, allow_weak=settings.allow_weak)
        self._settings = settings
        self._labs = tuple(labs)
        self._say = say
        self._arriving = arriving

    def run(self, command: Command, on_tick: Callable[[Tick], None] | None = None) -> Contained:
        """Run a command, warm as soon as there is a server."""
        if not isinstance(self.chosen, WarmSandbox) and (server := self._arriving()) is not None:
            self.chosen = WarmSandbox(self.chosen, server, self._say)
        return self.chosen.run(command, on_tick)

    @cached_property
    def chosen(self) -> Sandbox:
        """The containment, warm or cold."""
        cold = super().chosen
        try:
            server = find_server(self._settings, self._labs)
        except WarmFault as exc:
            self._say(f"not warm: {exc}; give `grader warm start` again")
            return cold
        return cold if server is None else WarmSandbox(cold, server, self._say)


def find_server(settings: Settings, labs: Iterable[Lab]) -> Server | None:
    """Return the server that a run would use.

    Args:
        settings: where to look.
        labs: what they name to be imported must be.

    Raises:
        WarmFault: there is one, and something has changed since it was started.
    """
    if settings.warm == "off" or not sys.platform.startswith("linux"):
        return None
    return find_kept(_folder(settings), fingerprint(), modules_of(labs))


def start_server(settings: Settings, labs: Iterable[Lab], minutes: float) -> WarmStatus:
    """Start a server that stays, or leave the one that fits.

    Args:
        settings: where it is kept.
        labs: what they name is imported as well.
        minutes: it ends when nobody has asked for this long.

    Raises:
        MachineFault: GR602, it cannot be started here.
    """
    if not sys.platform.startswith("linux"):
        raise MachineFault("GR602", "A warm server needs Linux.", "Every run works without one.")
    with contextlib.suppress(WarmFault):
        if find_server(settings, labs) is not None:
            return status_of(settings, labs)
    stop_server(settings)
    try:
        start_kept(_folder(settings), fingerprint(), modules_of(labs), minutes * 60)
    except WarmFault as exc:
        raise MachineFault("GR602", f"No warm server: {exc}.", "Every run works without one.") from exc
    return status_of(settings, labs)


def stop_server(settings: Settings) -> bool:
    """End the kept server; return whether there was one."""
    server = Server(_folder(settings))
    there = server.listens
    if there:
        server.stop()
    return there


def status_of(settings: Settings, labs: Iterable[Lab]) -> WarmStatus:
    """Say whether a run would be warm."""
    try:
        server = find_server(settings, labs)
    except WarmFault as exc:
        return WarmStatus(running=False, detail=f"{exc}; give `grader warm start` again")
    if server is None:
        return WarmStatus(running=False, detail="there is no warm server; `grader warm start` starts one")
    facts = server.facts()
    left = int(facts["seconds_left"])
    detail = f"warm: process {facts['pid']}, {facts['modules']} modules, ends after {left // 60} min without a request"
    return WarmStatus(running=True, detail=detail, pid=facts["pid"], served=facts["served"], seconds_left=left)


def _remark(words: str) -> None:
    """Results are on stdout."""
    print(words, file=sys.stderr)


@contextlib.contextmanager
def warm_batch(
    settings: Settings, labs: Iterable[Lab], jobs: int, say: Callable[[str], None] = _remark
) -> Generator[Settings]:
    """Have a server for a batch, where it is worth one and none is there.

    Args:
        settings: of the batch.
        labs: of the course.
        jobs: how many there are to do.
        say: told why there is none; stderr is, when left out.

    Yields:
        The settings for workers.
    """
    if settings.warm not in _UNNAMED or jobs < FEW_JOBS or not sys.platform.startswith("linux"):
        yield settings
        return
    with contextlib.ExitStack() as stack:
        try:
            if find_server(settings, labs) is None:
                server = start_private(modules_of(labs), fingerprint())
                stack.callback(server.stop)
                settings = replace(settings, warm=str(server.folder))
        except WarmFault as exc:
            say(f"not warm: {exc}")
            settings = replace(settings, warm="off")
        yield settings


def fingerprint() -> str:
    """Return the hash of everything that a server has imported, as far as it can change."""
    parts = [sys.executable, installed_sha256(), sources_sha256(".")]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _folder(settings: Settings) -> Path:
    return settings.cache / "warm" if settings.warm in _UNNAMED else Path(settings.warm)


def modules_of(labs: Iterable[Lab]) -> tuple[str, ...]:
    """Return what a server of these labs imports."""
    named = (name for lab in labs for name in lab.preload)
    return tuple(dict.fromkeys([*PRELOAD, *named]))
