"""What happened when a notebook ran, as seen from outside its box."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from grader.model.lab import Limits, Scalar


class RunStatus(StrEnum):
    """How a run ended."""

    COMPLETED = "completed"
    CELL_FAILED = "cell failed"
    NOT_ATTEMPTED = "not attempted"
    """Stopped at a stub of the starter."""
    STOPPED = "stopped"
    """At a limit; `RunResult.code` says which."""
    KERNEL_DIED = "kernel died"
    INTERRUPTED = "interrupted"
    OUR_FAULT = "our fault"


@dataclass(frozen=True)
class CellRun:
    """One code cell as it ran, by the student's number."""

    number: int
    id: str
    first_line: str
    status: str
    """`ok`, `failed`, `stopped` or `not run`."""
    seconds: float | None = None


@dataclass(frozen=True)
class CellError:
    """The exception that ended a run."""

    name: str
    message: str
    traceback: str
    """Plain text without control sequences, at most 20 kB."""


@dataclass(frozen=True)
class SandboxStamp:
    """The containment that a run had."""

    backend: str
    official: bool
    """Whether an official grade may rest on it."""
    covers: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()


@dataclass(frozen=True)
class RunResult:
    """One run of one notebook: `run.json`. Always made, whatever the notebook did."""

    run_id: str
    lab_id: str
    profile: str
    status: RunStatus
    code: str | None
    """GR code when the status is not `completed`."""
    message: str
    """One sentence for the student; empty when completed."""
    cells: tuple[CellRun, ...]
    stopped_at: int | None
    """The student's number of the cell that did not finish."""
    error: CellError | None
    parameters: dict[str, Scalar]
    """What was injected."""
    observed: dict[str, Any] | None
    """The parameters read back from the kernel after the last cell that ran; None when it could not be asked."""
    seed: int
    student_id: str
    device: str
    wall_seconds: float
    cpu_seconds: float
    peak_memory_bytes: int
    """Of the whole tree of processes."""
    started: str
    ended: str
    limits: Limits
    sandbox: SandboxStamp
    versions: dict[str, str] = field(default_factory=dict[str, str])
    """python, torch, transformers, datasets, peft... of the kernel's environment, read outside of it."""
    hub: dict[str, Any] = field(default_factory=dict[str, Any])
    """Snapshot id, number of requests, bytes sent."""
    schema: str = "grader.run/1"
