"""The flow of one submission through the stages, told once; every collaborator is an argument."""

import contextlib
import uuid
from collections.abc import Callable, Generator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from grader.errors import UsageFault
from grader.model.artifact import ArtifactManifest
from grader.model.files import read_json, write_json
from grader.model.grade import Grade
from grader.model.lab import Lab, Scalar
from grader.model.quantities import duration, size
from grader.model.run import RunResult
from grader.model.submission import Submission
from grader.model.verdict import Verdicts


@dataclass(frozen=True)
class Request:
    """What a person asked for."""

    notebook: Path
    lab_id: str | None = None
    """None: the notebook's own metadata says."""
    student_id: str | None = None
    profile: str = "miniature"
    seed: int | None = None
    overrides: Mapping[str, Scalar] = field(default_factory=dict[str, Scalar])
    device: str = "auto"
    only: tuple[str, ...] = ()
    """Checks to judge; all when empty."""
    run_name: str = ""
    """Name of the run folder; made of the lab and the notebook's bytes when empty."""
    fresh: bool = False
    """Whether to run and judge even what was run and judged before."""


@dataclass(frozen=True)
class HubLease:
    """A Hub that one run may use, while its context is open."""

    environment: Mapping[str, str]
    """Variables for the kernel: endpoint, token, cache folders."""
    usage: Callable[[], Mapping[str, Any]]
    """Requests and bytes so far, for run.json."""
    ports: tuple[int, ...] = ()
    """Loopback ports on which it answers."""


class Stages(Protocol):
    """The collaborators of the flow; `wiring` builds the real ones."""

    def read(self, request: Request, destination: Path) -> tuple[Submission, Lab]:
        """Accept the notebook into the run folder, or raise SubmissionFault."""
        ...

    def lab(self, lab_id: str) -> Lab:
        """Return a lab by id."""
        ...

    def earlier_run(self, request: Request, submission: Submission, lab: Lab, runs: Path) -> Path | None:
        """Return the folder of an earlier run of the same notebook under the same conditions.

        None when there is none, or when a fresh one is wanted; then this machine was found fit to run it.
        """
        ...

    def expect_checks(self, lab: Lab, only: tuple[str, ...]) -> None:
        """Raise LabFault or UsageFault where the checks that will judge cannot be read or do not exist."""
        ...

    def hub(self, lab: Lab, run_folder: Path, student_id: str) -> AbstractContextManager[HubLease]:
        """Open the lab's Hub for one run."""
        ...

    def run(self, request: Request, submission: Submission, lab: Lab, folder: Path, hub: HubLease) -> RunResult:
        """Run the notebook; writes run.json and executed.ipynb. Never raises for what the student's code did."""
        ...

    def collect(self, result: RunResult, folder: Path) -> ArtifactManifest:
        """Copy the artifacts out and write manifest.json, last."""
        ...

    def keep_run(self, request: Request, submission: Submission, lab: Lab, folder: Path) -> None:
        """Remember a collected run for the next time."""
        ...

    def judged_before(self, lab: Lab, folder: Path, only: tuple[str, ...]) -> bool:
        """Tell whether the folder holds a judgement by the same checks; it may be brought back."""
        ...

    def keep_judgement(self, lab: Lab, folder: Path, only: tuple[str, ...]) -> None:
        """Seal the judgement of a run and remember it for the next time."""
        ...

    def check(self, lab: Lab, folder: Path, only: tuple[str, ...]) -> Verdicts:
        """Judge the artifacts in a process of their own; writes verdicts.json."""
        ...

    def score(
        self, submission: Submission, lab: Lab, run: RunResult, manifest: ArtifactManifest, verdicts: Verdicts
    ) -> Grade:
        """Make the grade: pure."""
        ...

    def report(self, grade: Grade, folder: Path) -> None:
        """Write report.html and report.md."""
        ...


#: Called with the name of a stage and a sentence as the flow goes on.
Narrator = Callable[[str, str], None]


def grade_submission(request: Request, stages: Stages, runs: Path, narrate: Narrator) -> tuple[Grade, Path]:
    """Take a notebook through every stage.

    Args:
        request: the notebook and what was asked for.
        stages: the collaborators.
        runs: the folder in which the run folder is made.
        narrate: told what happens.

    Returns:
        The grade and the run folder, which holds one file per stage.

    Raises:
        GraderError: the submission was refused, or we or the machine failed; what was done stays in the folder.
    """
    folder = run_submission(request, stages, runs, narrate, judged=True)
    if not request.fresh and _judged_before(folder, stages, request.only):
        return earlier_grade(folder, narrate), folder
    return judge_run(folder, stages, narrate, request.only), folder


def run_submission(request: Request, stages: Stages, runs: Path, narrate: Narrator, *, judged: bool = False) -> Path:
    """Read, run and collect: everything that touches the student's code.

    Args:
        request: the notebook and what was asked for.
        stages: the collaborators.
        runs: the folder in which the run folder is made.
        narrate: told what happens.
        judged: whether checks will judge the run: it is not begun where they cannot.

    Returns:
        The run folder, with submission.json, run.json and manifest.json.

    Raises:
        GraderError: as for `grade_submission`.
    """
    with _incoming_folder(runs) as incoming:
        submission, lab = stages.read(request, incoming)
        narrate("read", f"{submission.file_name}\t{len(submission.cells)} cells, {size(submission.size_bytes)}")
        earlier = stages.earlier_run(request, submission, lab, runs)
        if earlier is not None:
            narrate("run", "not run again: an earlier run had the same notebook, parameters and environment")
            return earlier
        if judged:
            stages.expect_checks(lab, request.only)
        folder = _settle(incoming, runs, request.run_name or f"{submission.lab_id}-{submission.sha256[:6]}")
    with stages.hub(lab, folder, submission.student_id) as hub:
        result = stages.run(request, submission, lab, folder, hub)
    narrate("run", _run_sentence(result))
    stages.collect(result, folder)
    stages.keep_run(request, submission, lab, folder)
    return folder


def judge_run(folder: Path, stages: Stages, narrate: Narrator, only: tuple[str, ...] = ()) -> Grade:
    """Check, score and report a collected run; runs no student code.

    Args:
        folder: a run folder that holds manifest.json.
        stages: the collaborators.
        narrate: told what happens.
        only: checks to judge; all when empty.

    Returns:
        The grade; grade.json and the reports are in the folder.

    Raises:
        GraderError: a file of the run is missing or damaged, or we failed.
    """
    submission = read_json(folder / "submission.json", Submission)
    run = read_json(folder / "run.json", RunResult)
    manifest = read_json(folder / "manifest.json", ArtifactManifest)
    lab = stages.lab(submission.lab_id)
    verdicts = stages.check(lab, folder, only)
    grade = stages.score(submission, lab, run, manifest, verdicts)
    write_json(folder / "grade.json", grade)
    passed = sum(1 for verdict in verdicts.verdicts if verdict.status == "passed")
    narrate("check", f"{passed} of {len(verdicts.verdicts)} met")
    report_run(folder, stages)
    stages.keep_judgement(lab, folder, only)
    return grade


def earlier_grade(folder: Path, narrate: Narrator) -> Grade:
    """Return the grade of a run that was judged before, and say that it is an earlier one.

    Args:
        folder: the run folder, with grade.json.
        narrate: told since when nothing has changed.

    Returns:
        The grade, with the time and the stamp that it was given then.

    Raises:
        GraderError: grade.json is damaged.
    """
    grade = read_json(folder / "grade.json", Grade)
    when = grade.graded[:16].replace("T", " ")
    narrate("reuse", f"Nothing has changed since {when}: this is that result (--fresh runs it again).")
    return grade


def report_run(folder: Path, stages: Stages) -> Grade:
    """Make the pages of a graded run again from grade.json.

    Args:
        folder: a run folder that holds grade.json.
        stages: the collaborators.

    Returns:
        The grade that was shown.

    Raises:
        GraderError: grade.json is missing or damaged, or a page could not be made.
    """
    grade = read_json(folder / "grade.json", Grade)
    stages.report(grade, folder)
    return grade


@contextlib.contextmanager
def _incoming_folder(runs: Path) -> Generator[Path]:
    """A private folder for intake: gone when the submission is refused."""
    folder = runs / f".incoming-{uuid.uuid4().hex[:12]}"
    try:
        folder.mkdir(parents=True)
    except OSError as exc:
        raise UsageFault("GR106", f"{runs} cannot be written: {exc.strerror}.") from exc
    try:
        yield folder
    finally:
        for leftover in folder.glob("*") if folder.is_dir() else ():
            leftover.unlink()
        if folder.is_dir():
            folder.rmdir()


def _settle(incoming: Path, runs: Path, name: str) -> Path:
    """Give the folder its name; a rename is atomic, so two graders never share one."""
    attempt = 1
    while True:
        folder = runs / (name if attempt == 1 else f"{name}-{attempt}")
        try:
            folder.mkdir()
        except FileExistsError:
            attempt += 1
            continue
        incoming.rename(folder)
        return folder


def _judged_before(folder: Path, stages: Stages, only: tuple[str, ...]) -> bool:
    lab_id = read_json(folder / "submission.json", Submission).lab_id
    return stages.judged_before(stages.lab(lab_id), folder, only)


def _run_sentence(result: RunResult) -> str:
    done = sum(1 for cell in result.cells if cell.status == "ok")
    time = duration(result.wall_seconds)
    return f"{done} of {len(result.cells)} cells\t{time} · peak {size(result.peak_memory_bytes)}"
