"""The job that is handed to the check process, and how it is written down."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from grader.model.device import Gpu
from grader.model.lab import Lab, Limits
from grader.model.verdict import DeclaredCheck

Work = TypeVar("Work")

#: What a check process may use when the caller does not say otherwise.
CHECK_LIMITS = Limits(
    wall_seconds=600.0, memory_bytes=8 * 1024**3, gpu_memory_bytes=16 * 1024**3, processes=64, output_bytes=4 * 1024**2
)


def check_limits(run: Limits) -> Limits:
    """Return what a check process may use: never less memory than the run had whose models it loads again.

    Args:
        run: the limits that the run was given.
    """
    memory = None if run.memory_bytes is None else max(run.memory_bytes, CHECK_LIMITS.memory_bytes or 0)
    gpu = max(run.gpu_memory_bytes or 0, CHECK_LIMITS.gpu_memory_bytes or 0)
    return replace(CHECK_LIMITS, memory_bytes=memory, gpu_memory_bytes=gpu)


@dataclass(frozen=True)
class CheckJob:
    """One run to judge."""

    run_folder: Path
    """Holds artifacts/, manifest.json, run.json and, mostly, executed.ipynb."""
    lab: Lab
    bases: dict[str, Path]
    """Plain folders with the files of the lab's Hub repositories, by id; a data set's id starts with `datasets/`."""
    cache_dir: Path
    """Where measurements are remembered between runs."""
    hub_base: Path | None = None
    """What the embedded Hub served: read-only, and the same for every run of the lab."""
    device: str = "cpu"
    gpu: Gpu | None = None
    """The one that measurements may use, on `cuda`."""
    only: tuple[str, ...] = ()
    """Checks to judge, with what they need; all when empty."""
    limits: Limits = field(default=CHECK_LIMITS)


@dataclass(frozen=True)
class WorkerJob:
    """What the check process reads: the job, the checks that must answer, and where to answer."""

    job: CheckJob
    checks: tuple[DeclaredCheck, ...]
    """Those to judge, in the author's order."""
    answers: Path
    """File to which one verdict per line is appended."""


def write_job(path: Path, work: object) -> None:
    """Write a job for a process that judges or measures."""
    path.write_bytes(msgspec.json.encode(work, enc_hook=str))


def read_job(path: Path, kind: type[Work]) -> Work:
    """Read a job in its process.

    Args:
        path: of the file.
        kind: the dataclass that was written.

    Raises:
        msgspec.ValidationError: the file is not such a job.
    """
    return msgspec.json.decode(path.read_bytes(), type=kind, dec_hook=_decode)


def _decode(kind: type[Any], value: Any) -> Any:
    return kind(value)
