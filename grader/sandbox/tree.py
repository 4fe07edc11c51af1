"""Looks at a process and everything below it, and kills the lot."""

import contextlib
import os
import signal
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")
_POLL_SECONDS = 0.005


@dataclass(frozen=True)
class Process:
    """One process of the tree, as it was a moment ago."""

    pid: int
    started: float
    """Tells a process from a later one with the same number; its unit is the platform's."""
    threads: int
    cpu_seconds: float
    """Its own and that of the children it has waited for."""
    resident_bytes: int


class ProcessTree(ABC):
    """The processes below one root; the root itself is not part of it."""

    @abstractmethod
    def processes(self) -> list[Process]:
        """Return the living processes of the tree; zombies are dead."""

    @abstractmethod
    def shared_out_bytes(self, processes: Iterable[Process]) -> int:
        """Return their memory with every shared page counted once: slow, so only before a kill."""

    @abstractmethod
    def anonymous_bytes(self, processes: Iterable[Process]) -> int:
        """Return the memory of the largest one that no file backs: a mapped data set is not part of it."""

    def kill(self, patience: float) -> set[int]:
        """Kill everything in the tree.

        Processes are stopped before they are killed, so that none forks while the tree is being read.

        Args:
            patience: seconds after which to give up on processes that the kernel does not let go.

        Returns:
            The numbers of the processes that were killed.
        """
        killed: set[int] = set()
        stopped: set[int] = set()
        deadline = time.monotonic() + patience
        while True:
            alive = {process.pid for process in self.processes()}
            if not alive or time.monotonic() > deadline:
                return killed
            settled = alive <= stopped
            for pid in alive:
                send(pid, signal.SIGKILL if settled else signal.SIGSTOP)
            stopped |= alive
            if settled:
                killed |= alive
                time.sleep(_POLL_SECONDS)


class LinuxTree(ProcessTree):
    """Reads /proc: complete as long as the root is a subreaper that lives."""

    def __init__(self, root: int) -> None:
        """Watch what is below the process `root`."""
        self._root = root

    def processes(self) -> list[Process]:
        """Return the living processes of the tree; zombies are dead."""
        found: dict[int, Process] = {}
        waiting = _children(self._root)
        seen = {self._root}
        while waiting:
            pid = waiting.pop()
            if pid in seen:
                continue
            seen.add(pid)
            waiting.extend(_children(pid))
            process = read_process(pid)
            if process is not None:
                found[pid] = process
        return list(found.values())

    def shared_out_bytes(self, processes: Iterable[Process]) -> int:
        """Return the sum of their proportional set sizes."""
        return sum(_summed(process, b"Pss:", process.resident_bytes) for process in processes)

    def anonymous_bytes(self, processes: Iterable[Process]) -> int:
        """Return the anonymous pages of the largest one, those of a fork that it shares included.

        The kernel keeps this count itself, and no lock of the process is needed to read it: summing it up over the map
        of a large process takes milliseconds, and waits while that process forks.
        """
        return max((_entry(process.pid, "status", b"RssAnon:") or 0 for process in processes), default=0)


class PortableTree(ProcessTree):
    """Asks psutil: misses a process whose parent died between two looks."""

    def __init__(self, root: int) -> None:
        """Watch what is below the process `root`."""
        self._root = root

    def processes(self) -> list[Process]:
        """Return the living processes of the tree, as far as they can still be found."""
        import psutil

        try:
            below = psutil.Process(self._root).children(recursive=True)
        except psutil.NoSuchProcess:
            return []
        found: list[Process] = []
        for child in below:
            with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied), child.oneshot():
                if child.status() == psutil.STATUS_ZOMBIE:
                    continue
                cpu = child.cpu_times()
                used = cpu.user + cpu.system + cpu.children_user + cpu.children_system
                resident = child.memory_info().rss
                found.append(Process(child.pid, child.create_time(), child.num_threads(), used, resident))
        return found

    def shared_out_bytes(self, processes: Iterable[Process]) -> int:
        """Return the sum of their resident sizes: the best that is to be had here."""
        return sum(process.resident_bytes for process in processes)

    def anonymous_bytes(self, processes: Iterable[Process]) -> int:
        """Return what would be free again if the largest one ended: the best that is to be had here."""
        import psutil

        largest = 0
        for process in processes:
            with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
                largest = max(largest, psutil.Process(process.pid).memory_full_info().uss)
        return largest


def tree_below(root: int) -> ProcessTree:
    """Return the best view of the processes below `root` that this platform has."""
    if Path(f"/proc/self/task/{os.getpid()}/children").exists():
        return LinuxTree(root)
    return PortableTree(root)


def send(pid: int, number: signal.Signals) -> None:
    """Send a signal to a process that may be gone or may not be ours any more."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)


def read_process(pid: int) -> Process | None:
    """Read one process from /proc, or None when it is dead or gone.

    Args:
        pid: its number.
    """
    try:
        line = (_PROC / str(pid) / "stat").read_bytes()
    except OSError:
        return None
    # the name may hold spaces and parentheses: what follows its last parenthesis is regular
    fields = line[line.rindex(b")") + 2 :].split()
    if fields[0] in {b"Z", b"X", b"x"}:
        return None
    ticks = sum(int(field) for field in fields[11:15])
    return Process(
        pid=pid,
        started=float(fields[19]),
        threads=int(fields[17]),
        cpu_seconds=ticks / os.sysconf("SC_CLK_TCK"),
        resident_bytes=int(fields[21]) * os.sysconf("SC_PAGE_SIZE"),
    )


def stragglers(known: Iterable[Process], marker: str) -> list[int]:
    """Find what is left of a tree whose root is gone.

    Args:
        known: the processes that were seen in it.
        marker: a text that the environment of its first process held, and that children inherit.

    Returns:
        The numbers of those that still live. A process that was never seen and has changed its environment is missed.
    """
    if not sys.platform.startswith("linux"):
        return _known_stragglers(known)
    roots = {process.pid for process in known if _same(read_process(process.pid), process)}
    wanted = marker.encode()
    for entry in _PROC.iterdir():
        if entry.name.isdigit() and int(entry.name) not in roots:
            with contextlib.suppress(OSError):
                if wanted in (entry / "environ").read_bytes():
                    roots.add(int(entry.name))
    below = {process.pid for root in roots for process in LinuxTree(root).processes()}
    return [pid for pid in roots | below if read_process(pid) is not None]


def _known_stragglers(known: Iterable[Process]) -> list[int]:
    import psutil

    alive: list[int] = []
    for process in known:
        with contextlib.suppress(psutil.NoSuchProcess):
            found = psutil.Process(process.pid)
            if found.create_time() == process.started and found.status() != psutil.STATUS_ZOMBIE:
                alive.append(process.pid)
    return alive


def _same(now: Process | None, then: Process) -> bool:
    return now is not None and now.started == then.started


def _children(pid: int) -> list[int]:
    """Children of every thread: a child belongs to the thread that forked it."""
    found: list[int] = []
    with contextlib.suppress(OSError):
        for task in (_PROC / str(pid) / "task").iterdir():
            with contextlib.suppress(OSError):
                found.extend(int(child) for child in (task / "children").read_bytes().split())
    return found


def _summed(process: Process, entry: bytes, otherwise: int) -> int:
    """One entry of a process's summed map; `otherwise` for one that lives and does not show it."""
    found = _entry(process.pid, "smaps_rollup", entry)
    if found is not None:
        return found
    return 0 if read_process(process.pid) is None else otherwise


def _entry(pid: int, table: str, entry: bytes) -> int | None:
    """One entry of a table of a process, in bytes; None for one that is gone or is not ours to look at."""
    try:
        for line in (_PROC / str(pid) / table).read_bytes().splitlines():
            if line.startswith(entry):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return None
