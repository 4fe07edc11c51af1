"""How much memory workers take: every page shared out among those that have it (PSS), the server's included."""

import contextlib
import threading
from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path

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


@dataclass
class Peak:
    """The most memory that was seen."""

    mib: float = 0.0


@contextlib.contextmanager
def watched(processes: Callable[[], set[int]]) -> Generator[Peak]:
    """Look at the memory of some processes for as long as something runs.

    Args:
        processes: returns their numbers, as they are now.

    Yields:
        What was seen so far.
    """
    seen = Peak()
    done = threading.Event()

    def watch() -> None:
        while not done.wait(_EVERY_SECONDS):
            seen.mib = max(seen.mib, pss_mib(processes()))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield seen
    finally:
        done.set()
        watcher.join()
