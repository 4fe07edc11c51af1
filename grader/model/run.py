"""What happened when a notebook ran, as seen from outside its box."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from grader.model.device import Gpu
from grader.model.lab import Limits, Scalar
from grader.model.submission import Notice


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
    """The number that the student sees."""
    id: str
    """The cell's id in the notebook."""
    first_line: str
    """The line by which the student recognises it."""
    status: str
    """`ok`, `failed`, `stopped` or `not run`."""
    seconds: float | None = None
    """How long it ran; null when it did not."""
    cpu_seconds: float | None = None
    """CPU time of all processes while it ran, measured outside; null when it was over between two looks."""
    anonymous_bytes: int | None = None
    """The most memory of one process that no file backs, while it ran, measured outside; null likewise."""


@dataclass(frozen=True)
class CellError:
    """The exception that ended a run."""

    name: str
    """Class of the exception."""
    message: str
    """Its text, clipped."""
    traceback: str
    """Plain text without control sequences, at most 20 kB."""


@dataclass(frozen=True)
class SandboxStamp:
    """The containment that a run had."""

    backend: str
    """Name of the containment."""
    official: bool
    """Whether an official grade may rest on it."""
    covers: tuple[str, ...] = ()
    """What it keeps the notebook from, in words."""
    lacks: tuple[str, ...] = ()
    """What it does not, in words."""


@dataclass(frozen=True)
class RunResult:
    """One run of one notebook: `run.json`. Always made, whatever the notebook did."""

    run_id: str
    """The run, and the name of its folder."""
    lab_id: str
    """The lab."""
    profile: str
    """Profile of the lab that was run."""
    status: RunStatus
    """How the run ended."""
    code: str | None
    """GR code when the status is not `completed`."""
    message: str
    """One sentence for the student; empty when completed."""
    cells: tuple[CellRun, ...]
    """Every code cell, in order."""
    stopped_at: int | None
    """The student's number of the cell that did not finish."""
    error: CellError | None
    """The exception that ended the run, if one did."""
    parameters: dict[str, Scalar]
    """What was injected."""
    observed: dict[str, Any] | None
    """The parameters read back from the kernel after the last cell that ran; None when it could not be asked."""
    seed: int
    """The seed that was injected."""
    student_id: str
    """The student id that was injected."""
    device: str
    """`cpu` or `cuda`."""
    wall_seconds: float
    """From start to end, measured outside."""
    cpu_seconds: float
    """CPU time of the whole tree of processes."""
    peak_memory_bytes: int
    """Of the whole tree of processes."""
    started: str
    """ISO 8601 with zone."""
    ended: str
    """ISO 8601 with zone."""
    limits: Limits
    """The limits that were kept."""
    sandbox: SandboxStamp
    """The containment that the run had."""
    versions: dict[str, str] = field(default_factory=dict[str, str])
    """python, torch, transformers, datasets, peft... of the kernel's environment, read outside of it."""
    hub: dict[str, Any] = field(default_factory=dict[str, Any])
    """Snapshot id, number of requests, bytes sent."""
    gpu: Gpu | None = None
    """The GPU that it ran on; null on the CPU."""
    notices: tuple[Notice, ...] = ()
    """What a person should know about a run that is judged all the same, such as GR312."""
    schema: str = "grader.run/1"
    """Name and version of this format."""
