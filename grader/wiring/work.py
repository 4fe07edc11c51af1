"""What one worker of a batch does: one job, under its lock, so that nothing is done twice and a result is whole."""

import os
from collections.abc import Sequence
from pathlib import Path

from grader.artifacts.discard import discard
from grader.artifacts.seal import NAME, check_seal, read_key
from grader.batch.spool import Outcome, Spool, Task
from grader.errors import GraderError, InternalFault, SubmissionFault
from grader.grading import exit_code
from grader.model.files import read_json
from grader.model.grade import Grade
from grader.model.lab import Lab
from grader.model.run import RunResult, RunStatus
from grader.model.verdict import VerdictStatus
from grader.pipeline import Request
from grader.settings import Settings
from grader.wiring.workshop import Workshop

#: A line in the log of a job whose kernel died: the next run is the last.
_SECOND = "the kernel died; it is run once more"
#: How often a judgement whose process was lost is made again.
_MORE_JUDGINGS = 2


def work(key: str, settings: Settings, spool_folder: Path, labs: Sequence[Lab] | None = None) -> None:
    """Do one job and leave its outcome in the spool.

    Args:
        key: the job.
        settings: as the batch has them.
        spool_folder: where the task is.
        labs: of the course; they are read when left out.
    """
    spool = Spool(spool_folder)
    with spool.lock(key):
        if spool.outcome(key) is None:
            spool.write_outcome(_outcome(Workshop(settings, labs), settings, spool, spool.task(key)))


def _outcome(workshop: Workshop, settings: Settings, spool: Spool, task: Task) -> Outcome:
    try:
        grade, folder = _grade(workshop, settings, spool, task)
    except SubmissionFault as fault:
        return Outcome(task.key, "refused", "", fault.code, fault.message, fault.exit_code)
    except GraderError as fault:
        return Outcome(task.key, "fault", "", fault.code, fault.message, fault.exit_code)
    return Outcome(task.key, "graded", str(folder), exit_code=exit_code(grade))


def _grade(workshop: Workshop, settings: Settings, spool: Spool, task: Task) -> tuple[Grade, Path]:
    folder = Path(task.run_folder)
    if task.kind == "judge":
        grade = workshop.judge(folder, (), _say_nothing)
        words = "judged"
    else:
        grade, folder, words = _run(workshop, settings, spool, task)
    for _ in range(_MORE_JUDGINGS):
        if not _unanswered(grade):
            break
        grade = workshop.judge(folder, (), _say_nothing)
    spool.note(task.key, f"{words} by {os.getpid()}")
    return grade, folder


def _run(workshop: Workshop, settings: Settings, spool: Spool, task: Task) -> tuple[Grade, Path, str]:
    """Run and judge, or take over what an earlier worker left; a notebook whose kernel died is run once more."""
    folder = Path(task.run_folder)
    state = _state(settings, folder, second=spool.noted(task.key, _SECOND))
    if state == "judged":
        return read_json(folder / "grade.json", Grade), folder, "taken over"
    if state == "run":
        return workshop.judge(folder, (), _say_nothing), folder, "graded"
    grade = _fresh(workshop, task, folder)
    if grade.run.status is RunStatus.KERNEL_DIED and not spool.noted(task.key, _SECOND):
        spool.note(task.key, _SECOND)  # somebody else may have killed it
        grade = _fresh(workshop, task, folder)
    if grade.run.status is RunStatus.OUR_FAULT:
        raise InternalFault(grade.run.code or "GR506", grade.run.message or "The notebook could not be run.")
    return grade, folder, "graded"


def _fresh(workshop: Workshop, task: Task, folder: Path) -> Grade:
    if folder.exists():
        discard(folder)  # half of a run, of a worker that was killed
    request = Request(
        notebook=Path(task.notebook),
        lab_id=task.lab_id,
        student_id=task.student_id,
        profile=task.profile,
        seed=task.seed,
        device=task.device,
        run_name=folder.name,
        fresh=True,
    )
    grade, _ = workshop.grade(request, _say_nothing)
    return grade


def _unanswered(grade: Grade) -> bool:
    """Whether a check has no verdict because its process was lost: it may answer the next time."""
    faults = [verdict for verdict in grade.verdicts if verdict.status is VerdictStatus.OUR_FAULT]
    return any(verdict.staff.startswith("GR502") for verdict in faults)


def _state(settings: Settings, folder: Path, *, second: bool) -> str:
    """What an earlier worker left of this job: `judged`, `run`, or nothing that is whole."""
    if not (folder / "manifest.json").is_file() or not (folder / NAME).is_file():
        return ""  # without its seal it was killed before the end: nothing seals it afterwards
    try:
        checked = check_seal(folder, read_key(settings.data))
        status = read_json(folder / "run.json", RunResult).status
    except GraderError:
        return ""
    if checked.unknown or checked.run_changed:
        return ""
    if status is RunStatus.OUR_FAULT or (status is RunStatus.KERNEL_DIED and not second):
        return ""
    return "judged" if checked.judged and not checked.grade_changed else "run"


def _say_nothing(_stage: str, _sentence: str) -> None:
    """Nobody watches a worker; the batch tells when it has ended."""
