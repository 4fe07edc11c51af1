"""What happens on a machine of a cluster: it starts workers, if it is like the one where the batch was planned."""

import functools
import hashlib
import os
import platform
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from grader.batch.spool import Spool
from grader.batch.starting import ending
from grader.reuse import installed_sha256, sources_sha256
from grader.sandbox.gpus import find_gpus

#: In a command: the interpreter of the machine, and the process to die with.
PYTHON, PARENT = "{python}", "{parent}"


@dataclass(frozen=True)
class Orders:
    """What a machine is told, the same for all jobs."""

    command: tuple[str, ...]
    """argv of a worker; the key is added, `PYTHON` and `PARENT` are filled in."""
    environment: dict[str, str]
    """Variables of workers, beside those of the machine."""
    folder: str
    """Where workers start: the course."""
    spool: str
    """The folder of their tasks and logs."""
    installed: str = ""
    """From `installed_here` on the machine of the batch; empty when it need not be the same."""
    landmarks: dict[str, str] = field(default_factory=dict[str, str])
    """SHA-256 of files that every machine must see, by path."""


@dataclass(frozen=True)
class Machine:
    """What a machine says of itself before it gets work."""

    name: str
    """Its name in the network."""
    problem: str
    """Why it cannot work for this batch; empty when it can."""
    gpu_bytes: int
    """Memory of its smallest GPU; 0 when no driver tells."""


@dataclass(frozen=True)
class Ended:
    """How a worker ended."""

    words: str
    """As `Engine.run` tells it."""
    done: bool
    """Whether it says that its outcome is in the spool."""


@functools.cache
def installed_here() -> str:
    """Return the hash of the interpreter, of the installed packages and of the grader's sources."""
    return hashlib.sha256(f"{installed_sha256()} {sources_sha256('.')}".encode()).hexdigest()


def landmark(path: Path) -> str:
    """Return the SHA-256 of a file; empty when it cannot be read here."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""


def look(orders: Orders) -> Machine:
    """Say whether this machine can work for a batch, and what its GPUs have."""
    gpus = find_gpus({})
    return Machine(platform.node(), misfit(orders), min((gpu.memory_bytes for gpu in gpus), default=0))


def misfit(orders: Orders) -> str:
    """Return what is different here from the machine of the batch; empty when nothing is.

    A run under other packages, or of another copy of the course, would be recorded as what it is not.
    """
    if orders.installed and orders.installed != installed_here():
        return f"{sys.prefix} has another Python, other packages or another version of the grader"
    for path, sha256 in orders.landmarks.items():
        if landmark(Path(path)) != sha256:
            return f"{path} is not there, or another one"
    return ""


def work(orders: Orders, key: str, gpu: bool) -> Ended:
    """Run the worker of a job to its end; it dies with this process.

    Args:
        orders: of the batch.
        key: the job.
        gpu: whether it may see the GPUs that this process sees.
    """
    problem = misfit(orders)
    if problem:
        return Ended(f"GR609  {platform.node()} cannot work for this batch: {problem}.", done=False)
    known = {PYTHON: sys.executable, PARENT: str(os.getpid())}
    hidden = {} if gpu else {"CUDA_VISIBLE_DEVICES": ""}
    with Spool(Path(orders.spool)).log(key).open("ab") as log:
        done = subprocess.run(
            [*(known.get(word, word) for word in orders.command), key],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=orders.folder,
            env={**os.environ, **orders.environment, **hidden},
            check=False,
        )
    return Ended(ending(done.returncode), done=done.returncode == 0)
