"""Judges stored runs again with the checks as they are now, and says what that changed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from grader.batch.spool import Task
from grader.batch.supervisor import Tally
from grader.catalog import find_lab
from grader.checking.grouping import Together
from grader.errors import GraderError
from grader.gradebook.records import Stored
from grader.model.files import read_json
from grader.model.grade import Grade
from grader.model.run import RunResult
from grader.wiring.batching import Batch
from grader.wiring.class_keys import judge_key
from grader.wiring.class_result import Change, changes
from grader.wiring.classroom import Classroom
from grader.wiring.devices import planned_gpu_bytes


@dataclass(frozen=True)
class Regraded:
    """`grader.regrade/1`."""

    judged: int
    """Runs that were judged again."""
    changes: tuple[Change, ...]
    """Who gained or lost, and why; the largest change first."""
    failures: dict[str, str]
    """Why jobs have no result, by job."""
    exit: int
    """The exit code."""
    together: tuple[Together, ...] = ()
    """What was measured for many runs at once, by lab."""
    schema: str = "grader.regrade/1"
    """Name and version of this format."""


class Regrade:
    """Judging again in one classroom."""

    def __init__(self, classroom: Classroom, batch: Batch) -> None:
        """Use a batch's jobs and workers."""
        self._book = classroom.book
        self._labs = classroom.labs
        self._batch = batch
        self._before: dict[int, Grade] = {}

    def plan(self, lab_ids: Sequence[str] | None) -> list[str]:
        """Add a job for each stored run whose checks have changed since it was judged.

        Args:
            lab_ids: only of these labs; all when left out.

        Returns:
            The jobs.

        Raises:
            UsageFault: GR101, there is no such lab.
        """
        labs = [find_lab(self._labs, lab_id) for lab_id in lab_ids] if lab_ids else list(self._labs)
        self._book.keep_course(labs)
        tasks: list[Task] = []
        for lab in labs:
            for stored in self._book.executions(lab.id):
                key = judge_key(stored.exec_key, self._batch.facts(lab))
                if not self._book.times_judged(key) and Path(stored.run_folder, "manifest.json").is_file():
                    tasks.append(_task(key, stored, lab.id))
        for task in tasks:
            grade = self._book.grade(task.submission)
            if grade is not None:
                self._before[task.submission] = grade
        self._batch.add(tasks)
        return [task.key for task in tasks]

    def run(
        self, keys: Sequence[str], workers: int | None, tell: Callable[[Tally], None], together: Sequence[Together] = ()
    ) -> Regraded:
        """Judge, and compare with before.

        Args:
            keys: from `plan`.
            workers: how many at a time; as many as fit the engine when left out.
            tell: told when something ends.
            together: what was measured before.
        """
        finished = self._batch.run(keys, workers, tell)
        failures = self._batch.failures(keys)
        now = {number: grade for number in self._before if (grade := self._book.grade(number)) is not None}
        ending = 130 if not finished else 5 if failures else 0
        return Regraded(len(keys) - len(failures), tuple(changes(self._before, now)), failures, ending, tuple(together))


def _task(key: str, stored: Stored, lab_id: str) -> Task:
    return Task(
        key=key,
        kind="judge",
        submission=stored.submission_id,
        exec_key=stored.exec_key,
        judge_key=key,
        inputs={},
        lab_id=lab_id,
        student_id=stored.sid,
        notebook="",
        run_folder=stored.run_folder,
        profile="",
        device="auto",
        gpu_bytes=_gpu_bytes(Path(stored.run_folder)),
    )


def _gpu_bytes(run_folder: Path) -> int | None:
    """Return the GPU memory by which a run was planned; None for one whose judging will say what is wrong with it."""
    try:
        run = read_json(run_folder / "run.json", RunResult)
    except GraderError:
        return None
    return planned_gpu_bytes(run.device, run.limits)
