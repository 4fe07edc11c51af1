"""Outside the box: prepares a run, has it contained, and turns whatever happened into a RunResult."""

import json
import secrets
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from grader.errors import InternalFault
from grader.model.device import Gpu
from grader.model.files import write_json
from grader.model.lab import Lab, Limits, Profile, Scalar
from grader.model.quantities import size
from grader.model.run import RunResult, RunStatus
from grader.model.submission import PARAMETERS, Notice, Submission
from grader.probing.inputs import PlannedProbe, plan_probes
from grader.probing.record import make_record
from grader.running.box import Box, WorkerOrder
from grader.running.events import EventReader
from grader.running.executed import settle_executed
from grader.running.journal import Journal
from grader.running.outcome import Outcome, conclude
from grader.running.parameters import choose_parameters, choose_profile, derive_seed
from grader.running.rebinding import find_rebindings, judge_parameters
from grader.running.versions import versions
from grader.sandbox.base import Command, Contained, Sandbox, Tick
from grader.sandbox.environ import NOTEBOOK_FIGURES, build_environment
from grader.sandbox.gpus import wait_for_leftovers

#: The driver frees the memory of a killed process within a few seconds.
_GPU_PATIENCE_SECONDS = 10.0


def _no_usage() -> Mapping[str, Any]:
    return {}


@dataclass(frozen=True)
class RunJob:
    """One notebook to run."""

    run_folder: Path
    """Holds `submission.ipynb`; its name is the run's id."""
    submission: Submission
    lab: Lab
    profile: str = "miniature"
    seed: int | None = None
    """Derived from student and lab when left out."""
    overrides: Mapping[str, Scalar] = field(default_factory=dict[str, Scalar])
    device: Literal["cpu", "cuda"] = "cpu"
    gpu: Gpu | None = None
    """The one that it may use, on `cuda`."""
    device_notices: tuple[Notice, ...] = ()
    """What is to be said of the choice of the device."""
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    """Further variables of the kernel, such as those of the Hub."""
    ports: tuple[int, ...] = ()
    """Loopback ports that it may reach."""
    writable: tuple[Path, ...] = ()
    """Further folders that it may write, such as the Hub client's cache; they count against the disk limit."""
    readable: tuple[Path, ...] = ()
    """Further folders that it may read."""
    nonce: str | None = None
    """What the inputs of probes are derived from; drawn when left out."""
    hub_usage: Callable[[], Mapping[str, Any]] = _no_usage
    """Asked after the run for what `RunResult.hub` shows."""


@dataclass(frozen=True)
class Progress:
    """Where a run is, a few times a second."""

    cell: int | None
    """The student's number of the cell that runs."""
    cells: int
    first_line: str
    seconds: float
    limit_seconds: float
    memory_bytes: int

    @property
    def sentence(self) -> str:
        """The line that a terminal shows."""
        place = f"cell {self.cell}/{self.cells} · {self.first_line}" if self.cell else f"{self.cells} cells · starting"
        return f"{place} · {_clock(self.seconds)} of {_clock(self.limit_seconds)} · {size(self.memory_bytes)}"


def run_notebook(job: RunJob, sandbox: Sandbox, on_progress: Callable[[Progress], None]) -> RunResult:
    """Run a notebook; writes run.json, executed.ipynb, events.jsonl, output.log and probes.json into the run folder.

    What the notebook wrote stays in `work/` until it is collected.

    Args:
        job: what to run.
        sandbox: contains it.
        on_progress: told where it is.

    Returns:
        The result, whatever the notebook did.

    Raises:
        UsageFault: GR104, a profile or parameter does not exist.
        LabFault: GR201, the inputs of a probe cannot be made.
        MachineFault: GR602, the sandbox is not available here.
        InternalFault: GR507, the run folder cannot be written.
    """
    attempt = _prepare(job)
    box, limits = attempt.box, attempt.profile.limits
    planned = tuple(probe.order() for probe in attempt.probes)
    box.build(WorkerOrder(attempt.parameters, limits.output_bytes, str(Path("..") / box.work.name), planned))
    journal = Journal(job.submission.cells)
    events = EventReader(box.events)
    started = _now()

    def follow(tick: Tick) -> None:
        journal.take(events.read())
        journal.measure(tick.cpu_seconds, tick.anonymous_bytes)
        on_progress(_progress(journal, tick, limits))

    contained, broken = _contain(sandbox, _command(attempt), follow)
    notices = (*job.device_notices, *_gpu_notices(job.gpu, contained.seen))
    journal.take(events.read())
    journal.spoken = events.spoken
    events.keep(job.run_folder / "events.jsonl")
    outcome = broken or conclude(contained, journal, job.lab, limits)
    result = _result(attempt, sandbox, contained, journal, outcome)
    result = replace(
        result, started=started, ended=_now(), hub=dict(job.hub_usage()), notices=(*notices, *result.notices)
    )
    settle_executed(attempt.submission, box.executed, job.run_folder / "executed.ipynb", result)
    if attempt.probes:
        write_json(job.run_folder / "probes.json", make_record(attempt.nonce, attempt.probes, box.probes))
    write_json(job.run_folder / "run.json", result)
    box.clear()
    return result


@dataclass(frozen=True)
class _Attempt:
    """A job with everything chosen."""

    job: RunJob
    profile: Profile
    parameters: dict[str, Scalar]
    box: Box
    nonce: str
    probes: tuple[PlannedProbe, ...]

    @property
    def submission(self) -> Path:
        return self.job.run_folder / "submission.ipynb"


def _prepare(job: RunJob) -> _Attempt:
    profile = choose_profile(job.lab, job.profile)
    parameters = choose_parameters(
        job.lab, profile, job.submission.student_id, device=job.device, seed=job.seed, overrides=job.overrides
    )
    nonce = job.nonce or secrets.token_hex(16)
    return _Attempt(job, profile, parameters, Box(job.run_folder), nonce, plan_probes(job.lab, nonce, parameters))


def _command(attempt: _Attempt) -> Command:
    job, box, limits = attempt.job, attempt.box, attempt.profile.limits
    extra = NOTEBOOK_FIGURES | dict(job.environment)
    if job.gpu is not None:
        extra |= {"CUDA_VISIBLE_DEVICES": job.gpu.uuid}
    return Command(
        argv=(sys.executable, "-I", "-m", "grader.running.worker"),
        cwd=box.office,
        environment=build_environment(box.home, box.temporary, threads=limits.threads, device=job.device, extra=extra),
        limits=limits,
        writable=(box.work, box.office, *job.writable),
        readable=job.readable,
        stdout=job.run_folder / "output.log",
        network_ports=job.ports,
        gpu=job.device == "cuda",
    )


def _contain(sandbox: Sandbox, command: Command, follow: Callable[[Tick], None]) -> tuple[Contained, Outcome | None]:
    """Run the command; a sandbox that broke is an outcome as well, so that its run leaves a run.json."""
    before = time.monotonic()
    try:
        return sandbox.run(command, follow), None
    except InternalFault as exc:
        nothing = Contained(None, None, None, "", time.monotonic() - before, 0.0, 0, 0)
        return nothing, Outcome(RunStatus.OUR_FAULT, exc.code, exc.message)


def _gpu_notices(gpu: Gpu | None, ours: frozenset[int]) -> tuple[Notice, ...]:
    """Wait until the run's processes are off its GPU; the next one must find it free."""
    left = wait_for_leftovers(gpu, ours, _GPU_PATIENCE_SECONDS) if gpu is not None else frozenset[int]()
    if gpu is None or not left:
        return ()
    return (Notice("GR608", f"cuda:{gpu.index} still holds memory of {len(left)} processes of this run."),)


def _result(attempt: _Attempt, sandbox: Sandbox, contained: Contained, journal: Journal, outcome: Outcome) -> RunResult:
    job, profile, parameters = attempt.job, attempt.profile, attempt.parameters
    cells = journal.cell_runs()
    ran = {cell.id for cell in cells if cell.status != "not run"}
    below = [(number, source) for number, identity, source in _cells_below_parameters(attempt) if identity in ran]
    stopped = journal.current if outcome.status is not RunStatus.COMPLETED else None
    return RunResult(
        run_id=job.run_folder.name,
        lab_id=job.lab.id,
        profile=profile.name,
        status=outcome.status,
        code=outcome.code,
        message=outcome.message,
        cells=cells,
        stopped_at=stopped.number if stopped is not None else None,
        error=journal.error,
        parameters=parameters,
        observed=journal.observed,
        seed=int(parameters.get("seed", derive_seed(job.submission.student_id, job.lab.id))),
        student_id=job.submission.student_id,
        device=job.device,
        gpu=job.gpu,
        wall_seconds=round(contained.wall_seconds, 3),
        cpu_seconds=round(contained.cpu_seconds, 3),
        peak_memory_bytes=contained.peak_memory_bytes,
        started="",
        ended="",
        limits=profile.limits,
        sandbox=sandbox.promise().stamp(),
        versions=versions(),
        notices=judge_parameters(parameters, journal.observed, find_rebindings(below, list(parameters))),
    )


def _cells_below_parameters(attempt: _Attempt) -> list[tuple[int, str, str]]:
    """Number, id and source of the code cells that run after the injected values."""
    notebook = json.loads(attempt.submission.read_bytes())
    sources = {cell["id"]: cell["source"] for cell in notebook["cells"]}
    below = False
    found: list[tuple[int, str, str]] = []
    for cell in attempt.job.submission.cells:
        if below:
            source = sources.get(cell.id, "")
            found.append((cell.number, cell.id, source if isinstance(source, str) else "".join(source)))
        below = below or PARAMETERS in cell.tags
    return found


def _progress(journal: Journal, tick: Tick, limits: Limits) -> Progress:
    cell = journal.latest
    return Progress(
        cell=cell.number if cell else None,
        cells=len(journal.cells),
        first_line=cell.first_line if cell else "",
        seconds=tick.wall_seconds,
        limit_seconds=limits.wall_seconds,
        memory_bytes=tick.memory_bytes,
    )


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes:02d}:{rest:02d}"


def _now() -> str:
    return datetime.now().astimezone().isoformat(timespec="seconds")
