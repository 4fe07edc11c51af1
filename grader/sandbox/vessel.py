"""What a supervised command is launched in: how its supervisor starts, where its tree is, what else bounds it."""

import os
import signal
import subprocess
import sys
from abc import ABC, abstractmethod
from pathlib import Path
from typing import IO, Protocol

from grader.sandbox.base import Command
from grader.sandbox.launcher import Order
from grader.sandbox.limits import kernel_limits
from grader.sandbox.tree import ProcessTree, tree_below

#: Inherited by everything that a run starts, so that it can be found when the launcher was killed.
MARKER = "GRADER_BOX"


class Launched(Protocol):
    """A supervisor that was launched: as much of `subprocess.Popen` as its owner needs."""

    @property
    def pid(self) -> int:
        """Its number."""
        ...

    @property
    def stdin(self) -> IO[bytes] | None:
        """Where its order goes; its end means that the grader is gone."""
        ...

    def wait(self) -> int:
        """Wait for its end."""
        ...

    def communicate(self) -> object:
        """Say that there is no order, and wait for its end."""
        ...


class Vessel(ABC):
    """One way to launch the supervisor of a command; used for one command."""

    #: Seconds for processes that the kernel does not let go at once, and for a supervisor that does not answer.
    patience = 10.0

    @abstractmethod
    def launch(self, output: int) -> tuple[Launched, int]:
        """Start the supervisor with its stdin piped.

        Args:
            output: descriptor for what it and the command print.

        Returns:
            The process, and the descriptor on which it answers.

        Raises:
            OSError: it could not be started.
        """

    @abstractmethod
    def enter(self, launcher: int) -> ProcessTree:
        """Return the view of the command's processes, once the supervisor waits for its order.

        Args:
            launcher: number of the launched process.

        Raises:
            InternalFault: GR503, the supervisor did not come up.
        """

    @abstractmethod
    def order(self, command: Command, marker: str) -> Order:
        """Return the order that the supervisor gets.

        Args:
            command: what to run.
            marker: `NAME=value` for the environment, by which stragglers are found.
        """

    def given(self) -> None:  # noqa: B027  most vessels have nothing to do
        """Called when the order is given."""

    def memory_bytes(self) -> int:
        """Return memory that is in use and that no process shows."""
        return 0

    def crowd(self) -> tuple[str, str] | None:
        """Return the limit of processes as passed when there are far too many, at little cost."""
        return None

    def breach(self) -> tuple[str, str] | None:
        """Return a limit that the vessel itself saw passed, as code and words."""
        return None

    def stop(self) -> None:  # noqa: B027  most vessels have nothing to do
        """Kill everything at once after a limit was passed, where the vessel can."""

    @abstractmethod
    def wake(self) -> None:
        """Make a supervisor go on that the command has stopped."""

    @abstractmethod
    def destroy(self) -> None:
        """End everything by force."""

    def close(self) -> None:  # noqa: B027  most vessels have nothing to do
        """Give back what the vessel holds; everything in it is dead."""


class PlainVessel(Vessel):
    """The supervisor as an ordinary child process."""

    _launcher: subprocess.Popen[bytes]

    def launch(self, output: int) -> tuple[Launched, int]:
        """Start the supervisor with its stdin piped."""
        reader, writer = os.pipe()
        try:
            self._launcher = subprocess.Popen(
                [sys.executable, "-I", "-m", "grader.sandbox.launcher", str(writer)],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                cwd=Path(sys.prefix),
                env=_own_environment(),
                pass_fds=(writer,),
                start_new_session=True,
            )
        except OSError:
            os.close(reader)
            raise
        finally:
            os.close(writer)
        return self._launcher, reader

    def enter(self, launcher: int) -> ProcessTree:
        """Everything below the supervisor is the command's."""
        return tree_below(launcher)

    def order(self, command: Command, marker: str) -> Order:
        """Return the order, with the limits of a user who has other processes as well."""
        name, _, value = marker.partition("=")
        environment = {**command.environment, name: value}
        return Order(command.argv, str(command.cwd), environment, kernel_limits(command.limits))

    def wake(self) -> None:
        """Make the supervisor go on."""
        self._launcher.send_signal(signal.SIGCONT)

    def destroy(self) -> None:
        """Kill the supervisor."""
        self._launcher.kill()


def _own_environment() -> dict[str, str]:
    """The launcher is ours, but its memory lies beside the contained code's: it gets nothing that is secret."""
    passed = ("PATH", "LANG", "COVERAGE_PROCESS_CONFIG")
    return {name: os.environ[name] for name in passed if name in os.environ}
