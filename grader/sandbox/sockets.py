"""Counts what the sockets of a box may hold: memory of the kernel's that stands in no process."""

import contextlib
import os
from collections.abc import Callable

from grader.sandbox.rarely import Rarely

#: Tables with a column `tx_queue:rx_queue`, by the name under which the kernel counts their sockets.
_QUEUES = {"TCP": "tcp", "TCP6": "tcp6", "UDP": "udp", "UDP6": "udp6"}
_QUEUE_COLUMN = 4
_COUNTS = ("sockstat", "sockstat6")
#: The kernel does not say what a Unix socket holds: at most its default buffer, as larger ones are refused.
_UNIX_BYTES = 212_992
_LOOK_SECONDS = 0.3


class Sockets:
    """The sockets of one network namespace."""

    def __init__(self, pid: int, later: Callable[[Callable[[], object]], object], listening: int = 0) -> None:
        """Open the tables of a process that is there.

        Args:
            pid: a process in the namespace.
            later: takes what closes them.
            listening: TCP sockets that hold nothing themselves, as they only take connections.

        Raises:
            OSError: the process is gone.
        """
        self._tables = {name: os.open(f"/proc/{pid}/net/{name}", os.O_RDONLY) for name in _existing(pid)}
        self._empty = {"TCP": listening}
        for descriptor in self._tables.values():
            later(lambda descriptor=descriptor: os.close(descriptor))
        self.lately = Rarely(self.held_bytes, _LOOK_SECONDS)
        """What `held_bytes` has found lately: the kernel walks tables for it."""

    def held_bytes(self) -> int:
        """Return the bytes in their queues; of Unix sockets what they could hold."""
        counted = self._counted()
        # a table is that of the whole machine, filtered: walking it for nothing costs milliseconds
        wanted = [table for kind, table in _QUEUES.items() if counted.get(kind, 1) > self._empty.get(kind, 0)]
        queued = sum(_queued(line) for table in wanted for line in self._rows(table))
        return queued + _UNIX_BYTES * len(self._rows("unix"))

    def _counted(self) -> dict[str, int]:
        """How many sockets there are of each kind; a kind that the kernel does not count is left out."""
        lines = [line.split() for name in _COUNTS for line in self._lines(name)]
        return {
            words[0].rstrip(b":").decode(): int(words[2]) for words in lines if len(words) > 2 and words[1] == b"inuse"
        }

    def _rows(self, table: str) -> list[bytes]:
        return self._lines(table)[1:]  # without its head

    def _lines(self, name: str) -> list[bytes]:
        return _lines(self._tables[name]) if name in self._tables else []


def _existing(pid: int) -> list[str]:
    """IPv6 may be switched off."""
    return [name for name in (*_QUEUES.values(), *_COUNTS, "unix") if os.path.exists(f"/proc/{pid}/net/{name}")]  # noqa: PTH110  as open


def _lines(descriptor: int) -> list[bytes]:
    """Read a table anew."""
    content = b""
    with contextlib.suppress(OSError):
        while piece := os.pread(descriptor, 1 << 16, len(content)):
            content += piece
    return content.splitlines()


def _queued(line: bytes) -> int:
    columns = line.split()
    if len(columns) <= _QUEUE_COLUMN:
        return 0
    sent, _, received = columns[_QUEUE_COLUMN].partition(b":")
    return int(sent, 16) + int(received, 16)
