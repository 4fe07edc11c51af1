"""What a limit is called, and which limits the kernel keeps for each single process."""

import math
import os
import sys
from pathlib import Path

from grader.model.lab import Limits
from grader.model.quantities import size

#: Threads and processes together may be this many times the process limit: libraries start a thread per core.
TASKS_PER_PROCESS = 16
#: Files and folders that a run may keep in its writable folders.
MOST_ENTRIES = 200_000
#: Levels of folders that a run may nest.
MOST_LEVELS = 64
#: The kernel's own CPU limit is a backstop for the watchdog, which counts the whole tree.
_SPARE_CPU_SECONDS = 2
_MOST_OPEN_FILES = 4096


def describe(code: str, limits: Limits) -> str:
    """Return a limit in words with its figure.

    Args:
        code: `GR401` to `GR406`.
        limits: the limits that were in force.

    Returns:
        Such as `memory 4.0 GiB`.
    """
    words = {
        "GR401": f"{limits.wall_seconds:g} s",
        "GR402": f"{limits.cpu_seconds or 0:g} s of CPU time",
        "GR403": f"memory {size(limits.memory_bytes or 0)}",
        "GR404": f"{limits.processes} processes",
        "GR405": f"output {size(limits.output_bytes)}",
        "GR406": f"disk {size(limits.disk_bytes or 0)}",
    }
    return words[code]


def kernel_limits(limits: Limits) -> dict[str, int]:
    """Return the limits that the kernel keeps for each process of a run.

    Address space is left alone: torch and CUDA reserve far more than they use.

    Args:
        limits: the limits of the run.

    Returns:
        Values by the names of the `resource` module.
    """
    values = {"RLIMIT_CORE": 0, "RLIMIT_NOFILE": _MOST_OPEN_FILES}
    if limits.file_bytes is not None:
        values["RLIMIT_FSIZE"] = limits.file_bytes
    if limits.cpu_seconds is not None:
        values["RLIMIT_CPU"] = math.ceil(limits.cpu_seconds) + _SPARE_CPU_SECONDS
    if limits.processes is not None and sys.platform.startswith("linux"):
        # the kernel counts all tasks of the user, also those outside; it spares root, so the watchdog counts as well
        values["RLIMIT_NPROC"] = _tasks_of(os.getuid()) + TASKS_PER_PROCESS * limits.processes
    return values


def _tasks_of(user: int) -> int:
    count = 0
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and entry.stat().st_uid == user:
                count += sum(1 for _ in (entry / "task").iterdir())
        except OSError:  # it ended while we looked
            continue
    return count
