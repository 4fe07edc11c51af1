"""Makes the grade of one run from everything the stages before it left: pure functions."""

from collections.abc import Sequence

from grader import __version__
from grader.errors import InternalFault
from grader.grading.flags import find_flags
from grader.grading.score import score
from grader.model.artifact import ArtifactManifest
from grader.model.grade import Adjustment, Grade, GradedLab, Stamp
from grader.model.lab import Lab
from grader.model.run import RunResult, RunStatus
from grader.model.submission import Submission
from grader.model.verdict import Verdicts, VerdictStatus

#: Exit codes of `grader grade`; the table in docs/operators.md says what each means to a script.
DONE, NOT_MET, STOPPED, OUR_FAULT, MACHINE, INTERRUPTED = 0, 1, 4, 5, 6, 130


def make_grade(
    submission: Submission,
    lab: Lab,
    run: RunResult,
    manifest: ArtifactManifest,
    verdicts: Verdicts,
    *,
    stamp: Stamp,
    adjustments: Sequence[Adjustment] = (),
    graded: str = "",
) -> Grade:
    """Make a grade.

    Args:
        submission: what was handed in.
        lab: the lab that it answers.
        run: how it ran.
        manifest: what was collected.
        verdicts: what was judged, in the author's order.
        stamp: what it takes to do this again.
        adjustments: changes of the score that no check made.
        graded: when, as ISO 8601 with zone.

    Returns:
        The grade, with its score, counts and flags.

    Raises:
        InternalFault: GR510, the parts belong to different runs.
    """
    if len({run.run_id, manifest.run_id, verdicts.run_id}) != 1:
        ids = f"run.json {run.run_id}, manifest.json {manifest.run_id}, verdicts.json {verdicts.run_id}"
        raise InternalFault("GR510", f"The files of this folder belong to different runs: {ids}.")
    total = score(verdicts.verdicts, lab.bonus, adjustments)
    return Grade(
        run_id=run.run_id,
        score=total.score,
        possible=total.possible,
        total=lab.points,
        bonus=total.bonus,
        submission=submission,
        lab=GradedLab(lab.id, lab.title, lab.version, verdicts.checks_sha256, lab.points, lab.bonus),
        run=run,
        manifest=manifest,
        verdicts=verdicts.verdicts,
        stamp=stamp,
        adjustments=tuple(adjustments),
        flags=find_flags(run, manifest, verdicts),
        counts=total.counts,
        graded=graded,
    )


def make_stamp(submission: Submission, run: RunResult) -> Stamp:
    """Make the stamp by which a grade can be made again.

    Args:
        submission: what was handed in.
        run: how it ran.

    Returns:
        The command, versions and device; its appeal line finds the run.
    """
    command = (
        f"grader grade submission.ipynb --lab {submission.lab_id} --student {submission.student_id}"
        f" --profile {run.profile} --seed {run.seed}"
    )
    return Stamp(
        grader_version=__version__,
        command=command,
        appeal=f"GR-{submission.lab_id}-{submission.sha256[:6]}",
        versions=run.versions,
        device=run.device,
        gpu=run.gpu,
        hub_snapshot=str(run.hub.get("snapshot", "")),
        sandboxed=run.sandbox.official,
    )


def exit_code(grade: Grade) -> int:
    """Return the exit code of the command that made a grade.

    Args:
        grade: the grade.

    Returns:
        0 everything judged is met; 1 something is not yet met; 4 the run was stopped; 5 a fault of ours; 6 this
        machine could judge nothing; 130 interrupted. The most serious one counts.
    """
    statuses = {verdict.status for verdict in grade.verdicts}
    if grade.run.status == RunStatus.INTERRUPTED:
        return INTERRUPTED
    if grade.run.status == RunStatus.OUR_FAULT or VerdictStatus.OUR_FAULT in statuses:
        return OUR_FAULT
    if grade.run.status in {RunStatus.STOPPED, RunStatus.KERNEL_DIED}:
        return STOPPED
    if grade.run.status in {RunStatus.CELL_FAILED, RunStatus.NOT_ATTEMPTED} or _unmet(grade):
        return NOT_MET
    if grade.possible == 0 and VerdictStatus.NOT_JUDGED in statuses:
        return MACHINE
    return DONE


def _unmet(grade: Grade) -> bool:
    """Whether a check that counts was judged and not met; a bonus is an offer, not a demand."""
    for verdict in grade.verdicts:
        waits = verdict.status == VerdictStatus.NOT_JUDGED and verdict.fraction is not None
        judged = verdict.status in {VerdictStatus.FAILED, VerdictStatus.PARTLY} or waits
        if judged and not verdict.check.bonus:
            return True
    return False
