"""Progress of a batch on stderr: a bar with the time that is left, or one line per finished submission."""

import contextlib
from collections.abc import Generator
from typing import TYPE_CHECKING

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn
from rich.text import Text

from grader.cli.errors import printable
from grader.cli.output import stderr

if TYPE_CHECKING:
    from grader.batch.supervisor import Tally


class BatchProgress:
    """Shows how far a batch is; never touches stdout."""

    def __init__(self, *, quiet: bool) -> None:
        """Start silent when `quiet`."""
        self._console = stderr()
        self._quiet = quiet
        self._bar: Progress | None = None
        self._line = TaskID(0)

    def say(self, sentence: str) -> None:
        """Print one line."""
        if not self._quiet:
            self._console.print(Text(printable(sentence)))

    @contextlib.contextmanager
    def following(self, total: int) -> Generator[None]:
        """Show a bar while a batch runs, on a terminal.

        Args:
            total: jobs of the batch.
        """
        if self._quiet or not total or not self._console.is_terminal:
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
        left = "" if tally.eta_seconds is None else f" · {duration(tally.eta_seconds)} left"
        failed = f" · {tally.failed} failed" if tally.failed else ""
        if self._bar is None:
            self.say(f"{tally.done} of {tally.total}{failed}{left} · {tally.ended}")
            return
        running = f" · {', '.join(tally.running[:3])}" if tally.running else ""
        self._bar.update(self._line, completed=tally.done, description=printable(f"{left}{failed}{running}"))


def duration(seconds: float) -> str:
    """Return a time as people say it."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
