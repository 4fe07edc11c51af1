"""This grader on the short lab: a class by `grader batch`, one notebook alone, unchanged, judged again."""

import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bench.meter import Meter
from bench.short.course import LAB, hand_in, make_course, notebook, write_notebook
from bench.submission import TimedStages, say_nothing
from grader import pipeline
from grader.pipeline import Request
from grader.settings import Settings, read_settings
from grader.wiring import Workshop
from grader.wiring.batching import Batch
from grader.wiring.class_plan import Asked
from grader.wiring.classroom import Classroom
from grader.wiring.engines import OpenEngine
from grader.wiring.warming import warm_batch

CHECKS = Path("checks", "bench", "test_lab_short.py")


@dataclass(frozen=True)
class Class:
    """A class whose submissions are planned, and that are graded one after the other or side by side."""

    batch: Batch
    keys: list[str]
    """Jobs that are not done yet."""
    engine: OpenEngine

    def grade(self, count: int = 1, workers: int = 1) -> None:
        """Grade the next submissions, each to its place in the gradebook.

        Args:
            count: how many.
            workers: how many at a time.
        """
        now = [self.keys.pop() for _ in range(count)]
        self.batch.run(now, workers, lambda _: None, self.engine)
        if failures := self.batch.failures(now):
            raise SystemExit(f"Not graded: {failures}")


def settings_of(folder: Path) -> Settings:
    """Return settings for a course, cache and runs of the benchmark's own; the containment is that of this machine."""
    course = make_course(folder / "course")
    return replace(read_settings(course), cache=folder / "cache", data=folder / "data", runs=folder / "runs")


@contextmanager
def open_class(settings: Settings, folder: Path, students: list[str], more: str = "") -> Generator[Class]:
    """Plan a class with a gradebook of its own.

    Args:
        settings: of the course; the runs are made in `folder`.
        folder: one that is not there yet.
        students: their names.
        more: source of one more cell at the end of their notebooks.
    """
    classroom = Classroom(replace(settings, runs=folder / "runs"))
    (folder / "runs").mkdir(parents=True)
    try:
        batch = Batch(classroom)
        plan = batch.plan(Asked((str(hand_in(folder / "handed-in", students, more)),), lab_id=LAB))
        with batch.engine(len(students)) as engine:
            yield Class(batch, list(plan.keys), engine)
    finally:
        classroom.close()


@contextmanager
def warmed(settings: Settings) -> Generator[Settings]:
    """Yield the settings with a warm server behind them."""
    with warm_batch(settings, Workshop(settings).labs, 1000) as warm:
        yield warm


class Alone:
    """One notebook after the other in this process, without a batch."""

    def __init__(self, settings: Settings, folder: Path, meter: Meter) -> None:
        """Keep where notebooks are put and runs are made."""
        self._settings = replace(settings, runs=folder / "runs")
        self._folder = folder
        self._meter = meter
        self._workshop = Workshop(self._settings)
        self._request: Request | None = None
        self._run = folder
        self._changes = 0
        self.stages: list[dict[str, tuple[float, float]]] = []
        """Wall and CPU seconds by stage, one entry for each notebook."""

    def grade(self, student: str) -> None:
        """Grade one notebook that was never seen, and remember how long its stages took."""
        path = write_notebook(self._folder / student / "lab-short.ipynb", notebook(student))
        self._request = Request(path, LAB, student)
        stages: Any = TimedStages(self._workshop.stages, self._meter.cpu)
        grade, self._run = pipeline.grade_submission(self._request, stages, self._settings.runs, say_nothing)
        if grade.score != 6:
            raise SystemExit(f"The reference has {grade.score} of 6 points: see {self._run}")
        taken = {name: (cost.wall, cost.cpu) for name, cost in stages.costs.items()}
        cells = [(cell.seconds or 0.0, cell.cpu_seconds or 0.0) for cell in grade.run.cells]
        taken["cells"] = sum(wall for wall, _ in cells), sum(cpu for _, cpu in cells)
        self.stages.append(taken)

    def again(self) -> None:
        """Ask for the same notebook once more, with nothing changed."""
        assert self._request is not None  # a notebook was graded before
        self._workshop.grade(self._request, say_nothing)

    def judge_again(self) -> None:
        """Judge the same run by a check that has changed."""
        self._workshop.judge(self._run, (), say_nothing)

    def change_a_check(self) -> None:
        """Move the threshold of a check a little."""
        self._changes += 1
        path = self._settings.root / CHECKS
        text = path.read_text("utf-8")
        path.write_text(text.partition("FLOOR =")[0] + f"FLOOR = 0.75{self._changes:03}\n" + _below(text), "utf-8")


def _below(text: str) -> str:
    return text.partition("FLOOR =")[2].partition("\n")[2]


def timed(meter: Meter, work: Callable[[], object]) -> dict[str, float]:
    """Return the seconds of wall and CPU of everything that some work took."""
    wall, cpu = time.perf_counter(), meter.cpu()
    work()
    return {"wall": time.perf_counter() - wall, "cpu": meter.cpu() - cpu}
