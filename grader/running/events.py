"""What the worker inside the box says to the job outside: one line of JSON per event, believed only as a claim."""

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import msgspec

Kind = Literal["cell started", "cell ended", "cell failed", "kernel died", "flood", "observed", "finished", "broke"]

#: What is read of all events together, and of one of them.
_MOST_BYTES = 8 * 1024**2
_LONGEST_LINE = 128 * 1024
LONGEST_TRACEBACK = 20_000


@dataclass(frozen=True)
class Event:
    """One thing that happened inside the box."""

    kind: Kind
    cell: str = ""
    """Id of the cell; empty for the injected one."""
    seconds: float | None = None
    name: str = ""
    """Of an exception."""
    message: str = ""
    traceback: str = ""
    """Plain text, at most 20 kB."""
    values: dict[str, Any] | None = None
    """The parameters as the kernel holds them."""


class EventWriter:
    """The worker's end; its file stays open, so removing the name does not silence it."""

    def __init__(self, path: Path) -> None:
        """Open an existing file for appending."""
        self._descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
        self.has_started = False
        """Whether a cell has started: from then on the file may hold anything."""

    def write(self, event: Event) -> None:
        """Append one event in one write, so that no reader ever sees half of it."""
        self.has_started |= event.kind == "cell started"
        try:
            line = msgspec.json.encode(event)
        except UnicodeEncodeError:  # half a character, which JSON cannot hold
            line = msgspec.json.encode(Event(event.kind, event.cell))
        os.write(self._descriptor, line + b"\n")

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)


class EventReader:
    """The job's end: reads what has come, never more than a bounded amount, and skips what is no event."""

    def __init__(self, path: Path) -> None:
        """Create the file."""
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        self._created = os.fstat(self._descriptor).st_ctime_ns
        self._offset = 0
        self._rest = b""

    @property
    def spoken(self) -> bool:
        """Whether anything was ever written, also when it was taken out again: no program can set this time back."""
        return os.fstat(self._descriptor).st_ctime_ns != self._created

    def read(self) -> list[Event]:
        """Return the events that have come since the last call."""
        piece = os.pread(self._descriptor, _MOST_BYTES - self._offset, self._offset)
        self._offset += len(piece)
        *lines, self._rest = (self._rest + piece).split(b"\n")
        events: list[Event] = []
        for line in lines:
            if len(line) <= _LONGEST_LINE:
                with contextlib.suppress(msgspec.MsgspecError, RecursionError):
                    events.append(msgspec.json.decode(line, type=Event))
        return events

    def keep(self, target: Path) -> None:
        """Copy what was read to another file and close.

        Args:
            target: the file to write.
        """
        try:
            target.write_bytes(os.pread(self._descriptor, self._offset, 0))
        finally:
            os.close(self._descriptor)
