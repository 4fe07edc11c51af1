"""A warm server for tests that need none of the heavy libraries: it starts in a second; each process shares one."""

import atexit
import functools
import sys
from typing import Any

import pytest

from grader.errors import InternalFault
from grader.sandbox.base import Command, Contained, Sandbox
from grader.warm.client import Server
from grader.warm.sandbox import WarmSandbox
from grader.warm.starting import start_private

needs_forks = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="warm servers need Linux")


@functools.cache
def light_server() -> Server:
    """A server that has imported next to nothing."""
    server = start_private(("json",))
    atexit.register(server.stop)
    return server


def warm(cold: Sandbox, server: Server | None = None) -> WarmSandbox:
    """A warm sandbox that cannot go the cold way: where it wants to, it fails with the reason."""
    said: list[str] = []
    run = cold.run

    def refuse(command: Command, on_tick: Any = None) -> Contained:
        if not said:
            return run(command, on_tick)  # the containment tries itself
        raise InternalFault("GR503", said[-1].removeprefix("not warm: "))

    cold.run = refuse
    return WarmSandbox(cold, server or light_server(), said.append)
