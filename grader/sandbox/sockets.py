"""Counts what the sockets of a box may hold: memory of the kernel's that stands in no process."""

import contextlib
import os
import time
from collections.abc import Callable

#: Tables with a column `tx_queue:rx_queue`.
_QUEUES = ("tcp", "tcp6", "udp", "udp6")
_QUEUE_COLUMN = 4
#: The kernel does not say what a Unix socket holds: at most its default buffer, as larger ones are refused.
_UNIX_BYTES = 212_992
_LOOK_SECONDS = 0.3


class Sockets:
    """The sockets of one network namespace."""

    def __init__(self, pid: int, later: Callable[[Callable[[], object]], object]) -> None:
        """Open the tables of a process that is there.

        Args:
            pid: a process in the namespace.
            later: takes what closes them.

        Raises:
            OSError: the process is gone.
        """
        self._tables = {name: os.open(f"/proc/{pid}/net/{name}", os.O_RDONLY) for name in _existing(pid)}
        self._next, self._last = 0.0, 0
        for descriptor in self._tables.values():
            later(lambda descriptor=descriptor: os.close(descriptor))

    def lately(self) -> int:
        """Return what `bytes` found at the last look, repeated now and then: the kernel walks whole tables for it."""
        if time.monotonic() >= self._next:
            self._last = self.bytes()
            self._next = time.monotonic() + _LOOK_SECONDS
        return self._last

    def bytes(self) -> int:
        """Return the bytes in their queues; of Unix sockets what they could hold."""
        lines = {name: _lines(descriptor) for name, descriptor in self._tables.items()}
        queued = sum(_queued(line) for name in _QUEUES for line in lines.get(name, ()))
        return queued + _UNIX_BYTES * len(lines.get("unix", ()))


def _existing(pid: int) -> list[str]:
    """IPv6 may be switched off."""
    return [name for name in (*_QUEUES, "unix") if os.path.exists(f"/proc/{pid}/net/{name}")]  # noqa: PTH110  as open


def _lines(descriptor: int) -> list[bytes]:
    """Read a table anew, without its head."""
    content = b""
    with contextlib.suppress(OSError):
        while piece := os.pread(descriptor, 1 << 16, len(content)):
            content += piece
    return content.splitlines()[1:]


def _queued(line: bytes) -> int:
    columns = line.split()
    if len(columns) <= _QUEUE_COLUMN:
        return 0
    sent, _, received = columns[_QUEUE_COLUMN].partition(b":")
    return int(sent, 16) + int(received, 16)
