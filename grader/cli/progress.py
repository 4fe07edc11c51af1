"""Progress on stderr: one live line on a terminal, plain lines and a heartbeat elsewhere."""

import contextlib
import time
from collections.abc import Generator
from typing import TYPE_CHECKING

from rich.status import Status
from rich.text import Text

from grader.cli.errors import printable
from grader.cli.output import stderr

if TYPE_CHECKING:
    from grader.wiring import Workshop
    from grader.wiring.workshop import RunProgress

#: Seconds between two heartbeats when stderr is not a terminal.
HEARTBEAT_SECONDS = 30.0


class Progress:
    """Shows what goes on; never touches stdout."""

    def __init__(self, *, quiet: bool) -> None:
        """Start silent when `quiet`."""
        self._console = stderr()
        self._quiet = quiet
        self._status: Status | None = None
        self._last = time.monotonic()

    def say(self, sentence: str) -> None:
        """Print one line."""
        if not self._quiet:
            self._console.print(Text(printable(sentence)))

    def narrate(self, stage: str, sentence: str) -> None:
        """Tell that a stage has ended; the result on stdout says it again, so only the live line shows it."""
        if stage == "reuse":
            self.say(sentence)  # nothing in the result says it
            return
        self._show(f"{stage}: {sentence}".replace("\t", " · "))

    @contextlib.contextmanager
    def run(self, workshop: "Workshop") -> Generator[None]:
        """Show the live line while a submission is worked on.

        Args:
            workshop: tells what happens, through `on_progress`.
        """
        if self._quiet:
            yield
            return
        workshop.on_progress = self._update
        if not self._console.is_terminal:
            yield
            return
        with self._console.status("reading the notebook") as self._status:
            yield
        self._status = None

    def _update(self, progress: "RunProgress") -> None:
        self._show(progress.sentence)

    def _show(self, sentence: str) -> None:
        if self._quiet:
            return
        if self._status is not None:
            self._status.update(Text(printable(sentence)))
        elif time.monotonic() - self._last > HEARTBEAT_SECONDS:
            self._last = time.monotonic()
            self.say(f"  ... {sentence}")
