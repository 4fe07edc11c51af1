"""The request log of a session: one line of JSON per request, appended in one write, readable after a crash."""

import os
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

FILE_NAME = "requests.jsonl"
TEXT = 500
"""Longest text of one entry: a client chooses what it sends, not how long our lines are."""


@dataclass(frozen=True)
class RequestRecord:
    """One request, as the server saw it."""

    at: str
    method: str
    path: str
    query: str
    route: str
    """Name of the route; `unsupported` for a path that this Hub does not know, `outside` for another host."""
    status: int
    user: str | None
    received: int
    """Bytes of the request body."""
    sent: int
    """Bytes of the reply's body; a HEAD sends none."""
    milliseconds: float
    range: str | None = None
    agent: str = ""
    notes: dict[str, Any] = field(default_factory=dict[str, Any])
    """What the handler found: `repo`, `revision`, `path`, `commit`, `files`, `results`."""


class RequestLog:
    """Appends records; safe to use from several threads."""

    def __init__(self, folder: Path) -> None:
        """Open the log of an overlay for appending."""
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
        self._file = os.open(folder / FILE_NAME, flags, 0o644)
        self._lock = threading.Lock()

    def append(self, record: RequestRecord) -> None:
        """Write one line; the operating system has it when this returns."""
        with self._lock:
            os.write(self._file, msgspec.json.encode(record) + b"\n")

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)


def read_log(folder: Path) -> list[RequestRecord]:
    """Read the log of an overlay.

    Args:
        folder: the overlay; without a log there were no requests.

    Returns:
        Every record; a last line that a crash cut off is left out.
    """
    path = folder / FILE_NAME
    if not path.is_file():
        return []
    lines = path.read_bytes().split(b"\n")
    return [msgspec.json.decode(line, type=RequestRecord) for line in lines[:-1] if line]
