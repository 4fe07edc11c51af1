"""What one worker of a batch does: one job, under its lock, so that nothing is done twice and a result is whole."""

import os
from pathlib import Path

from grader.artifacts.discard import discard
from grader.artifacts.seal import NAME, check_seal, read_key
from grader.batch.engine import die_with_parent
from grader.batch.spool import Outcome, Spool, Task
from grader.errors import GraderError, InternalFault, SubmissionFault
from grader.grading import exit_code
from grader.model.files import read_json
from grader.model.grade import Grade
from grader.pipeline import Request
from grader.settings import Settings
from grader.wiring.workshop import Workshop


def work(settings: Settings, spool_folder: Path, key: str, parent: int | None) -> None:
    """Do one job and leave its outcome in the spool.

    Args:
        settings: as the batch has them.
        spool_folder: where the task is.
        key: the job.
        parent: the process to die with; None to live on.
    """
    if parent is not None:
        die_with_parent(parent)
    spool = Spool(spool_folder)
    with spool.lock(key):
        if spool.outcome(key) is None:
            spool.write_outcome(_outcome(Workshop(settings), settings, spool, spool.task(key)))


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
        spool.note(task.key, f"judged by {os.getpid()}")
        return grade, folder
    state = _state(settings, folder)
    if state == "judged":
        spool.note(task.key, f"taken over by {os.getpid()}")
        return read_json(folder / "grade.json", Grade), folder
    if state == "run":
        grade = workshop.judge(folder, (), _say_nothing)
    else:
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
        )
        grade, folder = workshop.grade(request, _say_nothing)
    spool.note(task.key, f"graded by {os.getpid()}")
    return grade, folder


def _state(settings: Settings, folder: Path) -> str:
    """What an earlier worker left of this job: `judged`, `run`, or nothing that is whole."""
    if not (folder / "manifest.json").is_file():
        return ""
    if not (folder / NAME).is_file():
        return ""  # killed before it was sealed: nothing seals it afterwards
    try:
        checked = check_seal(folder, read_key(settings.data))
    except InternalFault:
        return ""
    if checked.unknown or checked.run_changed:
        return ""
    return "judged" if checked.judged and not checked.grade_changed else "run"


def _say_nothing(_stage: str, _sentence: str) -> None:
    """Nobody watches a worker; the batch tells when it has ended."""
