"""Adds up what grading a class cost, and finds its slowest cells."""

import statistics
from collections.abc import Sequence

from grader.model.grade import Grade
from grader.model.overview import CellCost, Cost

_SLOWEST = 8


def add_up_cost(grades: Sequence[Grade]) -> Cost:
    """Add up the runs of a class.

    Args:
        grades: one per student.

    Returns:
        Sums, the largest peak of memory, and the eight slowest cells by median.
    """
    runs = [grade.run for grade in grades]
    return Cost(
        runs=len(runs),
        wall_seconds=sum(run.wall_seconds for run in runs),
        cpu_seconds=sum(run.cpu_seconds for run in runs),
        gpu_seconds=sum(run.wall_seconds for run in runs if run.device == "cuda"),
        check_seconds=sum(verdict.seconds for grade in grades for verdict in grade.verdicts),
        most_memory_bytes=max((run.peak_memory_bytes for run in runs), default=0),
        cells=_slowest(grades),
    )


def _slowest(grades: Sequence[Grade]) -> tuple[CellCost, ...]:
    seconds: dict[str, list[float]] = {}
    for grade in grades:
        for cell in grade.run.cells:
            if cell.seconds is not None:
                seconds.setdefault(cell.first_line, []).append(cell.seconds)
    cells = [CellCost(line, len(all_), statistics.median(all_), max(all_)) for line, all_ in seconds.items()]
    return tuple(sorted(cells, key=lambda cell: (-cell.median_seconds, cell.first_line))[:_SLOWEST])
