"""Bounds a box by a control group where this process may make one: version 2 or version 1, found by trying."""

import contextlib
import os
import secrets
import time
from collections.abc import Generator, Iterable
from dataclasses import dataclass
from pathlib import Path

_ROOT = Path("/sys/fs/cgroup")
_OWN = Path("/proc/self/cgroup")
_REMOVE_SECONDS = 2.0
_PREFIX = "grader-box-"


@dataclass(frozen=True)
class ControlGroup:
    """Folders of one group: one in version 2, one for each controller in version 1."""

    folders: tuple[Path, ...]
    events: Path
    """File with a line `oom_kill N`."""

    def add(self, pids: Iterable[int]) -> None:
        """Move processes into the group; what they start later is in it as well.

        Raises:
            OSError: the kernel refused.
        """
        for pid in pids:
            for folder in self.folders:
                (folder / "cgroup.procs").write_text(str(pid), "ascii")

    def kills(self) -> int:
        """Return how often the kernel killed a process of the group because its memory was used up."""
        with contextlib.suppress(OSError, ValueError):
            for line in self.events.read_text("ascii").splitlines():
                if line.startswith("oom_kill "):
                    return int(line.split()[1])
        return 0

    def remove(self) -> None:
        """Remove the group; the kernel needs a moment after the last process."""
        deadline = time.monotonic() + _REMOVE_SECONDS
        for folder in self.folders:
            while folder.exists():
                try:
                    folder.rmdir()
                except OSError:
                    if time.monotonic() > deadline:
                        break
                    time.sleep(0.005)


def make_group(memory_bytes: int | None, tasks: int | None) -> ControlGroup | None:
    """Make a group with limits.

    Args:
        memory_bytes: of all its processes together, memory files and socket buffers included.
        tasks: processes and threads.

    Returns:
        The group, or None where this process may not make one.
    """
    name = f"{_PREFIX}{os.getpid()}-{secrets.token_hex(4)}"
    for make in (_make_v2, _make_v1):
        with contextlib.suppress(OSError):
            group = make(name, memory_bytes, tasks)
            if group is not None:
                return group
    return None


def sweep() -> None:
    """Remove the groups of dead graders; an empty one of a living grader waits for its box."""
    for folder in _ROOT.rglob(f"{_PREFIX}*"):
        owner = folder.name.removeprefix(_PREFIX).partition("-")[0]
        if not Path("/proc", owner).exists():
            with contextlib.suppress(OSError):
                folder.rmdir()


def _paths() -> dict[str, str]:
    """Return the own group by controller; that of version 2 under an empty name."""
    found: dict[str, str] = {}
    for line in _OWN.read_text("utf-8").splitlines():
        _, controllers, path = line.split(":", 2)
        found |= dict.fromkeys(controllers.split(","), path)
    return found


def _make_v2(name: str, memory_bytes: int | None, tasks: int | None) -> ControlGroup | None:
    """Make a group below the nearest ancestor that hands memory and processes down to its children."""
    path = _paths().get("")
    if path is None or not (_ROOT / "cgroup.controllers").is_file():
        return None
    own = _ROOT / path.strip("/")
    for parent in (own, *own.parents):
        handed = (parent / "cgroup.subtree_control").read_text("ascii").split()
        if {"memory", "pids"} <= set(handed) and os.access(parent / "cgroup.procs", os.W_OK):
            folder = parent / name
            folder.mkdir()
            limits = {"memory.max": memory_bytes, "memory.swap.max": 0, "memory.oom.group": 1, "pids.max": tasks}
            with _or_nothing(folder):
                _write(folder, limits, optional={"memory.swap.max"})
            return ControlGroup((folder,), folder / "memory.events")
        if parent == _ROOT:
            return None
    return None


def _make_v1(name: str, memory_bytes: int | None, tasks: int | None) -> ControlGroup | None:
    paths = _paths()
    if not {"memory", "pids"} <= paths.keys():
        return None
    memory, pids = (_ROOT / kind / paths[kind].strip("/") / name for kind in ("memory", "pids"))
    memory.mkdir()
    with _or_nothing(memory):
        pids.mkdir()
    swap = "memory.memsw.limit_in_bytes"
    with _or_nothing(memory, pids):
        _write(memory, {"memory.limit_in_bytes": memory_bytes, swap: memory_bytes}, optional={swap})
        _write(pids, {"pids.max": tasks}, optional=set())
    return ControlGroup((memory, pids), memory / "memory.oom_control")


@contextlib.contextmanager
def _or_nothing(*folders: Path) -> Generator[None]:
    """Remove groups that could not be finished."""
    try:
        yield
    except OSError:
        for folder in folders:
            with contextlib.suppress(OSError):
                folder.rmdir()
        raise


def _write(folder: Path, values: dict[str, int | None], optional: set[str]) -> None:
    for name, value in values.items():
        if value is not None and ((folder / name).exists() or name not in optional):
            (folder / name).write_text(str(value), "ascii")
