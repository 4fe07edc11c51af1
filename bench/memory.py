"""How much memory workers take: every page shared out among those that have it (PSS), the server's included."""

import contextlib
import os
import threading
from collections.abc import Callable
from pathlib import Path

from bench.meter import Meter

_EVERY_SECONDS = 0.25


def pss_mib(processes: set[int]) -> float:
    """Return the memory of processes in MiB, each page divided by the number of processes that have it."""
    total = 0
    for process in processes:
        with contextlib.suppress(OSError):  # it has ended
            for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1])
    return total / 1024


def peak(meter: Meter, work: Callable[[], object]) -> float:
    """Return the most memory in MiB, this process left out, while something runs.

    Args:
        meter: knows the processes.
        work: what runs.
    """
    most = 0.0
    done = threading.Event()

    def watch() -> None:
        nonlocal most
        while not done.wait(_EVERY_SECONDS):
            most = max(most, pss_mib(meter.processes() - {os.getpid()}))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        work()
    finally:
        done.set()
        watcher.join()
    return most
