"""Grades a lab's reference solution cold and warm, in turn: CPU time of everything, wall time, and the cells' own."""

import os
import statistics
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path

from bench.meter import Meter, meter
from bench.submission import say_nothing
from grader.pipeline import Request
from grader.settings import read_settings
from grader.wiring import Workshop
from grader.wiring.warming import warm_batch


@dataclass(frozen=True)
class Way:
    """One submission, graded one way, then judged once more."""

    wall: float
    cpu: float
    cells: float
    """CPU seconds of the student's own cells."""
    again: float
    """Wall seconds of judging again, with every measurement remembered."""
    score: float


def measure_ways(lab_id: str, profile: str, rounds: int) -> dict[str, list[Way]]:
    """Grade in turn, warm and cold; every round with caches of its own but for the models."""
    found: dict[str, list[Way]] = {"warm": [], "cold": []}
    settings = read_settings()
    (settings.cache / "hub").mkdir(parents=True, exist_ok=True)  # made by the first run that needs it
    with meter() as usage, warm_batch(settings, Workshop(settings).labs, 1000) as warm:
        for _ in range(rounds):
            for way, used in (("warm", warm), ("cold", replace(settings, warm="off"))):
                with tempfile.TemporaryDirectory(prefix="grader-bench-") as scratch:
                    cache = Path(scratch, "cache")
                    cache.mkdir()
                    (cache / "hub").symlink_to(settings.cache / "hub")
                    workshop = Workshop(replace(used, runs=Path(scratch, "runs"), cache=cache))
                    found[way].append(_grade(workshop, lab_id, profile, usage))
    return found


def _grade(workshop: Workshop, lab_id: str, profile: str, usage: Meter) -> Way:
    solution = workshop.lab(lab_id).solution
    request = Request(solution, lab_id=lab_id, student_id="bench", profile=profile, fresh=True)
    began, before = time.perf_counter(), usage.cpu()
    grade, folder = workshop.grade(request, say_nothing)
    wall, cpu = time.perf_counter() - began, usage.cpu() - before
    began = time.perf_counter()
    workshop.judge(folder, (), say_nothing)
    again = time.perf_counter() - began
    return Way(wall, cpu, sum(cell.cpu_seconds or 0.0 for cell in grade.run.cells), again, grade.score)


def warm_lines(found: dict[str, list[Way]]) -> list[str]:
    """Return the table: medians, and the spread of the paired ratios."""
    lines = [f"{'':<6}{'wall s':>10}{'CPU s':>10}{'cells s':>10}{'again s':>10}{'score':>8}"]
    for way, rows in found.items():
        middle = [statistics.median(getattr(row, name) for row in rows) for name in ("wall", "cpu", "cells", "again")]
        lines.append(f"{way:<6}" + "".join(f"{value:>10.2f}" for value in middle) + f"{rows[0].score:>8g}")
    for name in ("wall", "cpu"):
        pairs = zip(found["cold"], found["warm"], strict=True)
        ratios = [getattr(cold, name) / getattr(warm, name) for cold, warm in pairs]
        lines.append(f"cold / warm, {name}: {statistics.median(ratios):.2f} ({min(ratios):.2f} .. {max(ratios):.2f})")
    over = [row.cpu / row.cells for row in found["warm"]]
    lines.append(f"warm, CPU / cells: {statistics.median(over):.2f} ({min(over):.2f} .. {max(over):.2f})")
    return [*lines, f"{len(found['warm'])} rounds in turn, load {os.getloadavg()[0]:.1f}"]
