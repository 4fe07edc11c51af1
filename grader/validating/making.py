"""Makes the run folder of a wrong submission out of the reference run's, as if somebody had handed it in."""

import json
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from grader.artifacts.collect import collect
from grader.artifacts.manifest import write_manifest
from grader.errors import LabFault
from grader.model.files import read_json
from grader.model.run import RunResult
from grader.validating.apply import apply_case
from grader.validating.cases import Case
from grader.validating.context import CaseContext

#: What a wrong submission does not take over: what is made of its own artifacts.
_OWN = {
    "artifacts",
    "grade.json",
    "manifest.json",
    "report-staff.html",
    "report.html",
    "report.md",
    "seal.json",
    "verdicts.json",
    "work",
}


@dataclass(frozen=True)
class MakeJob:
    """One wrong submission to make."""

    case: Case
    reference: Path
    """The run folder of the reference solution; it is not touched."""
    folder: Path
    """The run folder to make; it must not exist."""
    bases: dict[str, Path]
    """Folder of each model and data set of the Hub, by id; data sets as `datasets/<id>`."""
    checks_root: Path
    """checks/<track>, with the hidden data."""
    cache: Path
    """A folder in which a case may keep what was dear to make, for the next time."""
    seed: int = 0
    hub: Path | None = None
    """The base of the Hub."""


def make_submission(job: MakeJob) -> None:
    """Make a run folder with everything that the checks read.

    Args:
        job: what to make of what.

    Raises:
        LabFault: GR206, an edit names no operator, or does not fit the artifacts.
    """
    shutil.copytree(
        job.reference,
        job.folder,
        copy_function=shutil.copyfile,
        ignore=lambda where, names: [name for name in names if name in _OWN] if Path(where) == job.reference else [],
    )
    context = CaseContext(job.bases, job.checks_root, job.cache, job.seed, job.folder, job.hub)
    with tempfile.TemporaryDirectory(prefix="grader-made-") as scratch:
        made = Path(scratch) / "artifacts"
        apply_case(job.case, job.reference / "artifacts", made, context)
        run = read_json(job.folder / "run.json", RunResult)
        write_manifest(job.folder, collect(made, job.folder / "artifacts", run.limits, run.run_id))


def write_job(path: Path, job: MakeJob) -> None:
    """Write a job for `main`; a case may put NaN into a file, so this is what Python calls JSON."""
    path.write_text(json.dumps(msgspec.to_builtins(job, enc_hook=str)), "utf-8")


def main(arguments: list[str]) -> int:
    """Do the job of a file, in a process of its own.

    Args:
        arguments: the job's file, and a file for the one sentence that says why the case does not fit.

    Returns:
        0, or 1 when the case does not fit.
    """
    job, told = (Path(argument) for argument in arguments)
    try:
        make_submission(msgspec.convert(json.loads(job.read_text("utf-8")), MakeJob, dec_hook=_decode))
    except LabFault as exc:
        told.write_text(exc.message, "utf-8")
        return 1
    return 0


def _decode(kind: type[Any], value: Any) -> Any:
    return kind(value)
