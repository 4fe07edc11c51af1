"""`python -m bench labs`: how long the reference of every lab runs, and how long a student should wait at most."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from grader.pipeline import Request
from grader.settings import read_settings
from grader.wiring.workshop import Workshop

#: Seconds of wall clock on two cores; training labs may take longer.
_SMOKE, _MINIATURE, _TRAINING = 30, 180, 300
_TRAINS = {"2.5.4", "2.5.5"}


@dataclass(frozen=True)
class LabRun:
    """One run of a reference solution."""

    lab_id: str
    profile: str
    wall_seconds: float
    cpu_seconds: float
    peak_bytes: int
    most_seconds: int
    """What a student should wait at most."""

    @property
    def met(self) -> bool:
        """Whether it ended in time."""
        return self.wall_seconds <= self.most_seconds


def measure_labs(profiles: Sequence[str] = ("smoke", "miniature")) -> list[LabRun]:
    """Run every reference solution once in each profile, nothing being remembered but the Hub's models and data.

    Args:
        profiles: in this order.
    """
    runs: list[LabRun] = []
    with tempfile.TemporaryDirectory(prefix="grader-bench-") as folder:
        workshop = Workshop(replace(read_settings(), runs=Path(folder).resolve(), student="reference"))
        for lab in workshop.labs:
            for profile in profiles:
                request = Request(lab.solution, lab.id, profile=profile, fresh=True)
                run = workshop.run(request, lambda _stage, _words: None)[1]
                most = _SMOKE if profile == "smoke" else _TRAINING if lab.id in _TRAINS else _MINIATURE
                figures = (run.wall_seconds, run.cpu_seconds, run.peak_memory_bytes)
                runs.append(LabRun(lab.id, profile, *figures, most))
    return runs


def labs_lines(runs: Sequence[LabRun]) -> list[str]:
    """Return the figures as a Markdown table."""
    lines = ["| lab | profile | wall | CPU | memory | at most |", "|---|---|---|---|---|---|"]
    for run in runs:
        mark = "" if run.met else " **missed**"
        lines.append(
            f"| {run.lab_id} | {run.profile} | {run.wall_seconds:.0f} s | {run.cpu_seconds:.0f} s "
            f"| {run.peak_bytes / 1024**3:.1f} GiB | {run.most_seconds} s{mark} |"
        )
    return lines
