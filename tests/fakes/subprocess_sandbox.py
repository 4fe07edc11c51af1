"""A sandbox that contains nothing: starts the command, waits for it, tells how it ended."""

import os
import subprocess
import time
from collections.abc import Callable

from grader.sandbox.base import Command, Contained, Promise, Sandbox, Tick


class SubprocessSandbox(Sandbox):
    """Runs commands that the tests trust."""

    def __init__(self) -> None:
        self.commands: list[Command] = []

    def promise(self) -> Promise:
        return Promise("none", official=False, covers=(), lacks=("everything",))

    def available(self) -> str | None:
        return None

    def run(self, command: Command, on_tick: Callable[[Tick], None] | None = None) -> Contained:
        self.commands.append(command)
        started = time.perf_counter()
        limit, code = None, None
        with (command.stdout or command.cwd / "log").open("wb") as log:
            try:
                code = subprocess.run(
                    command.argv,
                    cwd=command.cwd,
                    env=command.environment,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    stdin=subprocess.DEVNULL,
                    timeout=command.limits.wall_seconds,
                    check=False,
                ).returncode
            except subprocess.TimeoutExpired:
                limit = "GR401"
            size = os.fstat(log.fileno()).st_size
        killed = code is not None and code < 0
        return Contained(
            exit_code=None if killed else code,
            signal=-code if killed and code is not None else None,
            limit=limit,
            detail="time 1 s" if limit else "",
            wall_seconds=time.perf_counter() - started,
            cpu_seconds=0.0,
            peak_memory_bytes=0,
            output_bytes=size,
        )
