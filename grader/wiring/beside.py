"""Has a warm server come up beside the first notebook, for its judging and for the notebooks after it."""

import sys
from collections.abc import Callable, Iterable

from grader.model.lab import Lab
from grader.settings import Settings
from grader.warm.client import Server, WarmFault
from grader.warm.starting import Starting, begin_private
from grader.wiring.warming import find_server, modules_of


def worth_it(settings: Settings, notebooks: int) -> bool:
    """Tell whether a command should have a server of its own.

    Args:
        settings: `beside` asks for one; `auto` has one for several notebooks. With one alone, what its judging gains
            is what the notebook loses while the server imports beside it (measured on two cores).
        notebooks: that the command grades, as far as is known.
    """
    wanted = settings.warm == "beside" or (settings.warm == "auto" and notebooks > 1)
    return wanted and sys.platform.startswith("linux")


class ServerBeside:
    """A server that is started when a notebook begins to run, and used as soon as it is there."""

    def __init__(self, settings: Settings, labs: Iterable[Lab], say: Callable[[str], None]) -> None:
        """Start nothing yet.

        Args:
            settings: where a kept server would be: where one is, there is no other.
            labs: what they name is imported.
            say: told why there is none.
        """
        self._settings, self._labs, self._say = settings, tuple(labs), say
        self._begun = False
        self._starting: Starting | None = None
        self._server: Server | None = None

    def begin(self) -> None:
        """Start it, once."""
        if self._begun:
            return
        self._begun = True
        try:
            if find_server(self._settings, self._labs) is None:
                self._starting = begin_private(modules_of(self._labs))
        except (WarmFault, OSError) as exc:
            self._say(f"not warm: {exc}")

    def server(self) -> Server | None:
        """Return it when it is there; nobody waits for it."""
        if self._starting is not None:
            try:
                self._server = self._starting.server()
            except (WarmFault, OSError) as exc:
                self._say(f"not warm: {exc}")
                self.close()
            if self._server is not None:
                self._starting = None
        return self._server

    def close(self) -> None:
        """End it, whatever it is doing."""
        if self._starting is not None:
            self._starting.abandon()
        if self._server is not None:
            self._server.stop()
        self._starting = self._server = None
