"""Progress of a batch on stderr: a bar with the time that is left, or one line per finished submission."""

import contextlib
import threading
import time
from collections.abc import Generator
from typing import TYPE_CHECKING

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn
from rich.text import Text

from grader.cli.errors import printable
from grader.cli.output import stderr
from grader.model.quantities import duration

if TYPE_CHECKING:
    from grader.batch.supervisor import Tally


#: Off a terminal, a long silence is broken by a line: whoever reads a log of CI wants to know that it goes on.
HEARTBEAT_SECONDS = 30.0


class BatchProgress:
    """Shows how far a batch is; never touches stdout."""

    def __init__(self, *, quiet: bool) -> None:
        """Start silent when `quiet`."""
        self._console = stderr()
        self._quiet = quiet
        self._bar: Progress | None = None
        self._line = TaskID(0)
        self._spoke = time.monotonic()
        self._done = 0

    def say(self, sentence: str) -> None:
        """Print one line."""
        self._spoke = time.monotonic()
        if not self._quiet:
            self._console.print(Text(printable(sentence)))

    @contextlib.contextmanager
    def following(self, total: int) -> Generator[None]:
        """Show a bar while a batch runs, on a terminal; elsewhere say now and then that it goes on.

        Args:
            total: jobs of the batch.
        """
        if self._quiet or not total:
            yield
            return
        if not self._console.is_terminal:
            with self._beating(total):
                yield
            return
        columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"))
        with Progress(*columns, console=self._console, transient=True) as self._bar:
            self._line = self._bar.add_task("", total=total)
            yield
        self._bar = None

    def update(self, tally: "Tally") -> None:
        """Show that something has ended.

        Args:
            tally: how far the batch is.
        """
        self._done = tally.done
        left = "" if tally.eta_seconds is None else f" · {duration(tally.eta_seconds)} left"
        failed = f" · {tally.failed} failed" if tally.failed else ""
        if self._bar is None:
            self.say(f"{tally.done} of {tally.total}{failed}{left} · {tally.ended}")
            return
        running = f" · {', '.join(tally.running[:3])}" if tally.running else ""
        self._bar.update(self._line, completed=tally.done, description=printable(f"{left}{failed}{running}"))

    @contextlib.contextmanager
    def _beating(self, total: int) -> Generator[None]:
        ended = threading.Event()

        def beat() -> None:
            while not ended.wait(max(0.01, self._spoke + HEARTBEAT_SECONDS - time.monotonic())):
                if time.monotonic() - self._spoke >= HEARTBEAT_SECONDS:
                    self.say(f"{self._done} of {total} · still at work, {duration(time.monotonic() - began)} so far")

        began = time.monotonic()
        thread = threading.Thread(target=beat, name="heartbeat", daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()
