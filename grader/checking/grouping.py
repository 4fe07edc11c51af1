"""Has the measurements of many runs made together in a sandbox, before each run is judged.

The box reads the artifacts of all these runs, and nothing of a student is executed in it. It cannot write to the cache:
it names keys and values, and only keys of the runs that it was given are remembered, as if their checks had measured.
"""

import contextlib
import io
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import msgspec

from grader.checking.job import CheckJob, write_job
from grader.checking.measured import injected, inputs_of
from grader.checking.runner import absolute, check_environment, how_it_ended, hub_folders
from grader.errors import GraderError
from grader.measuring.asked import Asked, Part
from grader.measuring.cache import ENTRY_LIMIT, recall, remember
from grader.measuring.inputs import MeasuringInputs
from grader.measuring.registry import TOGETHER, key_of
from grader.model.device import Gpu
from grader.model.files import open_untrusted, read_json
from grader.model.lab import Limits, MeasurementSpec
from grader.model.run import RunResult
from grader.sandbox.base import Command, Sandbox

#: Runs whose artifacts one box reads: its wall clock is that of one judgement.
BOX_RUNS = 64


@dataclass(frozen=True)
class GroupJob:
    """What the process reads that measures together."""

    entries: tuple[Asked, ...]
    when: Literal["auto", "always"]
    limits: Limits
    gpu: Gpu | None
    answers: Path
    """File to which one answer per line is appended."""


@dataclass(frozen=True)
class GroupAnswer:
    """One line: a value, or what became of some models."""

    key: str = ""
    value: dict[str, Any] | None = None
    part: Part | None = None


@dataclass(frozen=True)
class Together:
    """What was measured together for runs of one lab, before they were judged."""

    lab_id: str
    """The lab."""
    device: str
    """`cpu` or `cuda`."""
    runs: int = 0
    """Runs of which something was measured together."""
    measurements: int = 0
    """Values that their judging finds."""
    models: int = 0
    """Models that were evaluated together."""
    left: int = 0
    """Measurements that were left to each run's own judging."""
    seconds: float = 0.0
    """All in all, with the start of the process and the loading of models."""
    evaluating_seconds: float = 0.0
    """In which the models read all texts at once."""
    one_by_one_seconds: float = 0.0
    """What the same would have taken one after the other, as a trial on the same device tells."""
    speed_up: float = 0.0
    """How many times as fast the models read all at once; 0 when they did not."""
    why: tuple[str, ...] = ()
    """Why something was left; a model that cannot be read is left without a word."""

    @property
    def sentence(self) -> str:
        """Say it in one line."""
        why = "; ".join(self.why)
        if not self.runs:
            return f"{self.lab_id}: nothing was measured together on {self.device}: {why or 'no models are alike'}."
        left = f" {self.left} measurements are left to each run's own judging: {why}." if why else ""
        return (
            f"{self.lab_id}: {self.runs} runs measured together on {self.device} in {self.seconds:.1f} s. Their "
            f"{self.models} models took {self.evaluating_seconds:.2f} s, one by one {self.one_by_one_seconds:.2f} s "
            f"by a trial: {self.speed_up:.1f} times as fast.{left}"
        )


def measure_together(jobs: Sequence[CheckJob], when: Literal["auto", "always"], sandbox: Sandbox) -> Together | None:
    """Make what runs of one lab have not measured yet, many at once, and remember it for their judging.

    Args:
        jobs: the runs, all of one lab and on one device.
        when: whether a trial decides if all at once is faster here.
        sandbox: contains the process that measures.

    Returns:
        What came of it; None when fewer than two runs have anything to measure.

    Raises:
        GraderError: the sandbox failed.
    """
    began = time.perf_counter()
    wanted = [(job, entries) for job in map(absolute, jobs) if (entries := _missing(job))]
    if len(wanted) < 2:
        return None
    answers: list[GroupAnswer] = []
    for start in range(0, len(wanted), BOX_RUNS):
        answers += _boxed(wanted[start : start + BOX_RUNS], when, sandbox)
    kept = _remember(wanted, answers)
    parts = [answer.part for answer in answers if answer.part is not None]
    evaluating = sum(part.seconds for part in parts)
    one_by_one = sum(part.one_by_one_seconds for part in parts)
    return Together(
        lab_id=jobs[0].lab.id,
        device=jobs[0].device,
        runs=sum(any(entry.key in kept for entry in entries) for _, entries in wanted),
        measurements=len(kept),
        models=sum(part.models for part in parts),
        left=sum(entry.key not in kept for _, entries in wanted for entry in entries),
        seconds=round(time.perf_counter() - began, 3),
        evaluating_seconds=round(evaluating, 4),
        one_by_one_seconds=round(one_by_one, 4),
        speed_up=round(one_by_one / evaluating, 2) if evaluating else 0.0,
        why=tuple(dict.fromkeys(part.why for part in parts if part.why)),
    )


def _missing(job: CheckJob) -> tuple[Asked, ...]:
    """The measurements of a run that can be made with others and are not remembered; a broken run has none."""
    try:
        parameters = read_json(job.run_folder / "run.json", RunResult).parameters
        inputs = inputs_of(job)
        specs = [injected(spec, parameters) for spec in job.lab.measurements if spec.measure in TOGETHER]
        entries = [Asked(key_of(spec, inputs), spec, inputs) for spec in specs if _is_there(spec, inputs)]
    except (GraderError, KeyError):
        return ()  # its own judging will say it
    return tuple(entry for entry in entries if recall(job.cache_dir, entry.key) is None)


def _is_there(spec: MeasurementSpec, inputs: MeasuringInputs) -> bool:
    return all((inputs.artifacts / name).is_dir() for name in spec.artifacts)


def _boxed(
    wanted: Sequence[tuple[CheckJob, tuple[Asked, ...]]], when: Literal["auto", "always"], sandbox: Sandbox
) -> list[GroupAnswer]:
    first = wanted[0][0]
    job = replace(first, limits=max((job.limits for job, _ in wanted), key=_memory))
    entries = tuple(entry for _, entries in wanted for entry in entries)
    with tempfile.TemporaryDirectory(prefix="grader-together-", ignore_cleanup_errors=True) as name:
        scratch = Path(name).resolve()
        answers, log = scratch / "answers.jsonl", scratch / "together.log"
        work = GroupJob(entries, when, job.limits, job.gpu, answers)
        write_job(scratch / "job.json", work)
        contained = sandbox.run(_command(job, entries, scratch, log))
        found = _read(answers)
        if contained.exit_code != 0:  # what it had answered stands, as with verdicts
            why = how_it_ended(contained, log).strip().replace("\n", " ")[-300:]
            found.append(GroupAnswer(part=Part("", 0, why=why)))
        return found


def _memory(limits: Limits) -> tuple[float, float]:
    return limits.gpu_memory_bytes or 0, float("inf") if limits.memory_bytes is None else limits.memory_bytes


def _command(job: CheckJob, entries: Sequence[Asked], scratch: Path, log: Path) -> Command:
    artifacts = dict.fromkeys(entry.inputs.artifacts for entry in entries)
    return Command(
        argv=(sys.executable, "-I", "-B", "-m", "grader.checking.group_worker", str(scratch / "job.json")),
        cwd=scratch,
        environment=check_environment(job, scratch),
        limits=job.limits,
        writable=(scratch,),
        readable=(*artifacts, job.lab.checks_root, *hub_folders(job)),
        stdout=log,
        gpu=job.device == "cuda",
    )


def _read(path: Path) -> list[GroupAnswer]:
    found: list[GroupAnswer] = []
    with open_untrusted(path) or io.BytesIO() as file:
        while line := file.readline(ENTRY_LIMIT):
            with contextlib.suppress(msgspec.MsgspecError):  # too long, or the process ended while it wrote this line
                found.append(msgspec.json.decode(line, type=GroupAnswer))
    return found


def _remember(wanted: Sequence[tuple[CheckJob, tuple[Asked, ...]]], answers: Sequence[GroupAnswer]) -> frozenset[str]:
    """Keep the values whose key was asked for, each once."""
    caches = {entry.key: job.cache_dir for job, entries in wanted for entry in entries}
    kept: set[str] = set()
    for answer in answers:
        if answer.key in caches and answer.key not in kept and answer.value is not None:
            remember(caches[answer.key], answer.key, answer.value)
            kept.add(answer.key)
    return frozenset(kept)
