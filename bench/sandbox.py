"""Times an empty command in each containment, in turn, against the same command without any."""

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from grader.model.lab import Limits
from grader.sandbox.base import Command
from grader.wiring.choices import sandboxes


def measure_sandboxes(rounds: int) -> dict[str, list[float]]:
    """Run `python -c pass` in turn without and with every containment that works here; seconds by name."""
    backends = {name: sandbox for name, sandbox in sandboxes().items() if sandbox.available() is None}
    figures: dict[str, list[float]] = {"none": [], **{name: [] for name in backends}}
    with tempfile.TemporaryDirectory(prefix="grader-bench-") as name:
        place = Path(name, "box")
        place.mkdir()
        argv = (sys.executable, "-I", "-c", "pass")
        command = Command(argv, place, {}, Limits(), (place,), stdout=Path(name, "log"))
        for _ in range(rounds):
            started = time.perf_counter()
            subprocess.run(argv, check=True, cwd=place, env={})
            figures["none"].append(time.perf_counter() - started)
            for backend, sandbox in backends.items():
                started = time.perf_counter()
                sandbox.run(command)
                figures[backend].append(time.perf_counter() - started)
    return figures


def sandbox_lines(figures: dict[str, list[float]]) -> list[str]:
    """Return the table: median and least seconds, and what a containment adds."""
    bare = statistics.median(figures["none"])
    return [
        f"{name:<12} {statistics.median(times):.3f} s median, {min(times):.3f} s least, "
        f"{statistics.median(times) - bare:+.3f} s against none"
        for name, times in figures.items()
    ]
