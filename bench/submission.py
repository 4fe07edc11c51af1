"""Times every stage of one submission, from outside, by wrapping the real stages."""

import contextlib
import resource
import tempfile
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from grader import pipeline
from grader.pipeline import Request
from grader.settings import read_settings
from grader.wiring import Workshop

STAGES = ("read", "hub", "run", "collect", "check", "score", "report")


@dataclass
class Cost:
    """Seconds of one stage, with its child processes."""

    wall: float = 0.0
    cpu: float = 0.0


@dataclass
class Round:
    """One submission, timed."""

    cells: float
    """Seconds of the student's own cells, as the run reports them."""
    wall: float
    stages: dict[str, Cost] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return {
            "cells": self.cells,
            "wall": self.wall,
            "stages": {name: {"wall": cost.wall, "cpu": cost.cpu} for name, cost in self.stages.items()},
        }


class TimedStages:
    """The real stages with a stop watch around each."""

    def __init__(self, stages: Any, cpu: Callable[[], float] | None = None) -> None:
        self._stages = stages
        self._cpu = cpu or _cpu_seconds
        self.costs = {name: Cost() for name in STAGES}

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._stages, name)
        if name not in STAGES:
            return method

        def timed(*args: Any) -> Any:
            with self._watch(name):
                return method(*args)

        return timed

    @contextlib.contextmanager
    def hub(self, *args: Any) -> Generator[Any]:
        with contextlib.ExitStack() as stack:
            with self._watch("hub"):
                lease = stack.enter_context(self._stages.hub(*args))
            yield lease

    @contextlib.contextmanager
    def _watch(self, name: str) -> Generator[None]:
        wall, cpu = time.perf_counter(), self._cpu()
        yield
        self.costs[name].wall += time.perf_counter() - wall
        self.costs[name].cpu += self._cpu() - cpu


def measure_round(lab_id: str, profile: str) -> Round:
    """Grade a lab's reference solution once, in a folder that is thrown away, with no measurement remembered."""
    with tempfile.TemporaryDirectory(prefix="grader-bench-") as scratch:
        settings = read_settings()
        cache = Path(scratch, "cache")
        cache.mkdir()
        (settings.cache / "hub").mkdir(parents=True, exist_ok=True)
        (cache / "hub").symlink_to(settings.cache / "hub")  # the miniatures are at hand, measurements are not
        workshop = Workshop(replace(settings, runs=Path(scratch, "runs"), cache=cache))
        stages: Any = TimedStages(workshop.stages)
        request = Request(workshop.lab(lab_id).solution, lab_id=lab_id, student_id="bench", profile=profile)
        started = time.perf_counter()
        grade, _ = pipeline.grade_submission(request, stages, Path(scratch, "runs"), say_nothing)
        wall = time.perf_counter() - started
    cells = sum(cell.seconds or 0.0 for cell in grade.run.cells)
    return Round(cells, wall, stages.costs)


def _cpu_seconds() -> float:
    own, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def say_nothing(_stage: str, _sentence: str) -> None:
    """Nobody watches."""
