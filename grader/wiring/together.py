"""Has stored runs that wait for their judging measured together, where a GPU makes that worth while."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast, get_args

from grader.batch.spool import Task
from grader.checking.grouping import Together, measure_together
from grader.errors import GraderError, UsageFault
from grader.measuring.registry import TOGETHER
from grader.wiring.devices import usable_gpus

if TYPE_CHECKING:
    from grader.checking.job import CheckJob
    from grader.wiring.stages import CourseStages

#: `auto`: runs that are judged on a GPU, where a trial says that it is faster; `always`: on a CPU too, without asking.
When = Literal["auto", "always", "never"]


def wished(word: str) -> When:
    """Return when a person wants runs to be measured together.

    Args:
        word: what they typed.

    Raises:
        UsageFault: GR104, it is none of the three words.
    """
    if word not in get_args(When):
        raise UsageFault("GR104", f"--together {word} is not known.", f"Choose {', '.join(get_args(When))}.")
    return cast("When", word)


def measure_before_judging(
    stages: "CourseStages", tasks: Sequence[Task], when: When, say: Callable[[str], None]
) -> tuple[Together, ...]:
    """Make the measurements of stored runs together and remember them, so that their judging finds them.

    Whatever cannot be done here is left to the judging of each run, and costs no more than time.

    Args:
        stages: of the course.
        tasks: jobs of a batch; those that run a notebook are left out.
        when: whether to do it.
        say: told what begins.

    Returns:
        What came of it, by lab and device; nothing where there was nothing to do.
    """
    if when == "never" or (when == "auto" and not usable_gpus()[0]):
        return ()
    groups: dict[tuple[str, str], list[CheckJob]] = {}
    for task in tasks:
        job = _job(stages, task)
        if job is not None and (when == "always" or job.device == "cuda"):
            groups.setdefault((task.lab_id, job.device), []).append(job)
    found: list[Together] = []
    for (lab_id, device), jobs in groups.items():
        if len(jobs) < 2:
            continue
        say(f"measuring {len(jobs)} runs of {lab_id} together on {device}")
        try:
            measured = measure_together(jobs, when, stages.sandbox)
        except GraderError as fault:
            measured = Together(lab_id, device, why=(fault.message.rstrip("."),))
        found += [measured] if measured is not None else []
    return tuple(found)


def _job(stages: "CourseStages", task: Task) -> "CheckJob | None":
    lab = stages.lab(task.lab_id)
    if task.kind != "judge" or not any(spec.measure in TOGETHER for spec in lab.measurements):
        return None
    try:
        return stages.check_job(lab, Path(task.run_folder))
    except GraderError:
        return None  # its own judging will say it
