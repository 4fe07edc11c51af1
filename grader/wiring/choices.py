"""Chooses the containment."""

from collections.abc import Callable
from functools import cached_property

from grader.errors import MachineFault, UsageFault
from grader.sandbox.base import Command, Contained, Promise, Sandbox, Tick

_WEAKER = "Run `grader doctor`. For your own notebook a weaker one may do: `--allow-weak`."


def sandboxes() -> dict[str, Sandbox]:
    """Return every backend by name, strongest first."""
    from grader.sandbox.bubblewrap import BubblewrapSandbox
    from grader.sandbox.own_box import NamespaceSandbox
    from grader.sandbox.process import ProcessSandbox

    return {"bubblewrap": BubblewrapSandbox(), "namespaces": NamespaceSandbox(), "process": ProcessSandbox()}


def choose_sandbox(name: str, *, allow_weak: bool = False) -> Sandbox:
    """Return the backend that was asked for, or the strongest that can be had here.

    One that is here and does not hold what it promises is never passed over in silence.

    Args:
        name: `auto` or the name of a backend.
        allow_weak: take the next weaker one instead of refusing.

    Raises:
        UsageFault: GR104, there is no such backend.
        MachineFault: GR602, it does not work on this machine, or it was tried and did not hold.
    """
    backends = sandboxes()
    if name != "auto" and name not in backends:
        raise UsageFault("GR104", f"There is no sandbox {name}.", f"Choose auto, {', '.join(backends)}.")
    names = list(backends)
    first = names.index(name) if name != "auto" else 0
    wanted = names[first:] if allow_weak or name == "auto" else [name]
    reasons: list[str] = []
    for backend in wanted:
        sandbox = backends[backend]
        reason = sandbox.available()
        if reason is None:
            reason = sandbox.leaks()
            if reason is None:
                return sandbox
            if not allow_weak:
                raise MachineFault("GR602", f"{backend}: {reason}", _WEAKER)
        reasons.append(f"{backend}: {reason}")
    raise MachineFault("GR602", f"No sandbox works here. {' '.join(reasons)}", _WEAKER)


class ChosenLater(Sandbox):
    """The backend of `choose_sandbox`, chosen when first needed: trying one costs more than a remembered result."""

    def __init__(self, name: str, *, allow_weak: bool = False) -> None:
        """Keep what was asked for; see `choose_sandbox`."""
        self._name = name
        self._allow_weak = allow_weak

    @cached_property
    def chosen(self) -> Sandbox:
        """The backend."""
        return choose_sandbox(self._name, allow_weak=self._allow_weak)

    def promise(self) -> Promise:
        """Return what the chosen backend covers."""
        return self.chosen.promise()

    def available(self) -> str | None:
        """Return None: one that is not available is not chosen."""
        return self.chosen.available()

    def leaks(self) -> str | None:
        """Return what got through the chosen backend."""
        return self.chosen.leaks()

    def run(self, command: Command, on_tick: Callable[[Tick], None] | None = None) -> Contained:
        """Run a command in the chosen backend."""
        return self.chosen.run(command, on_tick)
