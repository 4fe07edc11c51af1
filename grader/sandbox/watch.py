"""The watchdog: looks at a tree of processes a few times a second and says which limit it has passed."""

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from grader.model.lab import Limits
from grader.sandbox.base import Tick
from grader.sandbox.disk import disk_use
from grader.sandbox.limits import MOST_ENTRIES, MOST_LEVELS, TASKS_PER_PROCESS, describe
from grader.sandbox.rarely import Rarely, pause
from grader.sandbox.tree import Process, ProcessTree

#: A sum of resident sizes that would be a limit passed, or a new peak of several processes, is believed only after
#: shared pages were counted once; that look is repeated when the sum has grown by this share, or after this time.
_GROWTH = 1.02
_RECHECK_SECONDS = 0.5
_FEW_PROCESSES = 2
_NEW_PEAK = 1.1
#: A fork holds the lock that the exact look needs. A fork bomb would have us wait for it instead of ending the bomb.
_PATIENCE_SECONDS = 0.5
_BLOCKED_SECONDS = 3.0
_DISK_SECONDS = 0.5
_ANONYMOUS_SECONDS = 0.1

Breach = tuple[str, str]
"""Code of the limit, and the limit in words."""


@dataclass(frozen=True)
class _Exact:
    """The last look that counted shared pages once."""

    good_until: float
    resident: int
    exact: int


class _SlowLook:
    """Looks in a thread of its own, so that nothing has to wait for it."""

    def __init__(self, look: Callable[[list[Process]], int], processes: list[Process]) -> None:
        self._look = look
        self._processes = processes
        self.started = time.monotonic()
        self.seconds = 0.0
        self.bytes: int | None = None
        """None as long as it takes."""
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def wait(self) -> int | None:
        """Give it a moment; return what it found, None if that takes longer."""
        self._thread.join(_PATIENCE_SECONDS)
        return self.bytes

    def _run(self) -> None:
        found = self._look(self._processes)
        # of the processor: on a busy machine the clock would make looks rare
        self.seconds = time.thread_time()
        self.bytes = found


class Watchdog:
    """Keeps the figures of one contained command and compares them with its limits."""

    def __init__(
        self,
        tree: ProcessTree,
        limits: Limits,
        writable: Iterable[Path],
        unseen: Callable[[], int] = lambda: 0,
    ) -> None:
        """Start the clock.

        Args:
            tree: the processes to look at.
            limits: what they may use.
            writable: the folders whose contents count against the disk limit.
            unseen: returns the bytes of memory in use that no process shows.
        """
        self._tree = tree
        self._limits = limits
        folders = tuple(writable)
        self._unseen = unseen
        self._exact_look: _SlowLook | None = None
        self._started = time.monotonic()
        self._anonymous = Rarely(tree.anonymous_bytes, _ANONYMOUS_SECONDS)
        # it waits for the disk, which the processor's clock does not see
        self._disk = Rarely(partial(disk_use, folders), _DISK_SECONDS, time.monotonic)
        self._believed = _Exact(0.0, 0, 0)
        self.known: dict[int, Process] = {}
        self.cpu_seconds = 0.0
        self.peak_bytes = 0

    def wall_seconds(self) -> float:
        """Return the seconds since the start."""
        return time.monotonic() - self._started

    def look(self) -> tuple[Tick, Breach | None]:
        """Look once.

        Returns:
            What is used now, and the first limit that is passed, if any.
        """
        processes = self._tree.processes()
        self.known.update((process.pid, process) for process in processes)
        self.cpu_seconds = max(self.cpu_seconds, sum(process.cpu_seconds for process in processes))
        memory = self._memory(processes) + self._unseen()
        self.peak_bytes = max(self.peak_bytes, memory)
        tick = Tick(self.wall_seconds(), self.cpu_seconds, memory, len(processes), self._anonymous(processes))
        threads = sum(process.threads for process in processes)
        return tick, self._usage_breach(tick, threads) or self._disk_breach()

    def _memory(self, processes: list[Process]) -> int:
        resident = sum(process.resident_bytes for process in processes)
        limit = self._limits.memory_bytes
        over = limit is not None and resident > limit
        new_peak = len(processes) > _FEW_PROCESSES and resident > self.peak_bytes * _NEW_PEAK
        if not over and not new_peak:
            return resident
        if self._exact_look is None and (
            resident > self._believed.resident * _GROWTH or time.monotonic() > self._believed.good_until
        ):
            self._exact_look = _SlowLook(self._tree.shared_out_bytes, processes)
        return self._exact(resident)

    def _exact(self, resident: int) -> int:
        """Return the last exact figure, a new one if it is to be had soon."""
        look = self._exact_look
        if look is None:
            return self._believed.exact
        found = look.wait()
        if found is None:
            # whoever keeps us from looking for long is taken at the sum
            return resident if time.monotonic() > look.started + _BLOCKED_SECONDS else self._believed.exact
        self._exact_look = None
        self._believed = _Exact(look.started + pause(_RECHECK_SECONDS, look.seconds), resident, found)
        return found

    def _usage_breach(self, tick: Tick, threads: int) -> Breach | None:
        limits = self._limits
        for code, used, limit in (
            ("GR403", tick.memory_bytes, limits.memory_bytes),
            ("GR401", tick.wall_seconds, limits.wall_seconds),
            ("GR402", tick.cpu_seconds, limits.cpu_seconds),
            ("GR404", tick.processes, limits.processes),
        ):
            if limit is not None and used > limit:
                return self._breach(code)
        most_threads = TASKS_PER_PROCESS * limits.processes if limits.processes is not None else threads
        return ("GR404", f"{most_threads} threads") if threads > most_threads else None

    def _disk_breach(self) -> Breach | None:
        limit = self._limits.disk_bytes
        if limit is None:
            return None
        use = self._disk(limit)
        if use.bytes > limit:
            return self._breach("GR406")
        if use.entries > MOST_ENTRIES:
            return "GR406", f"{MOST_ENTRIES:,} files"
        if use.too_deep:
            return "GR406", f"folders nested {MOST_LEVELS} deep"
        return None

    def _breach(self, code: str) -> Breach:
        return code, describe(code, self._limits)
