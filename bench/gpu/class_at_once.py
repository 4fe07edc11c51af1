"""A class of one lab on one device: graded in lanes, then judged again run by run and measured at once."""

import json
import math
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench.gpu.labs import NOTEBOOKS, ROOT

WAYS = ("never", "always", "auto")


class BrokenCommand(Exception):
    """A command of the grader ended without a result."""


@dataclass(frozen=True)
class Graded:
    """What is graded, and how."""

    lab: str
    """`2.5.4` or `2.5.5`."""
    students: int
    """All hand in the reference solution, which runs with a seed of each one's own."""
    profile: str
    """Of the lab."""
    device: str
    """For `--device`."""
    workers: int
    """How many at a time."""


def measure_class(asked: Graded, ways: Sequence[str] = WAYS) -> dict[str, Any]:
    """Grade a class, and judge it again in several ways.

    Args:
        asked: what to grade.
        ways: values of `--together`; the first is what the others are compared with.

    Returns:
        Seconds of the batch and of each way, points, notices of the runs, and how far the measurements of the ways are
        apart; or why there is no such result.
    """
    with tempfile.TemporaryDirectory(prefix="bench-class-") as name:
        try:
            return asdict(asked) | _measure(_Course(Path(name)), asked, ways)
        except BrokenCommand as broken:
            return {"lab": asked.lab, "error": str(broken)}


class _Course:
    """A copy of the course, whose checks may be changed."""

    def __init__(self, folder: Path) -> None:
        self.root, self.handed_in = folder / "course", folder / "handed-in"
        self._cache = folder / "cache"
        own = {"GRADER_CACHE": str(self._cache), "GRADER_DATA": str(folder / "data")}
        self._environment = os.environ | own
        for part in ("labs", "checks", "solutions"):
            shutil.copytree(ROOT / part, self.root / part, ignore=shutil.ignore_patterns("__pycache__"))

    def hand_in(self, lab: str, students: int) -> None:
        for number in range(students):
            place = self.handed_in / f"s{number:03}"
            place.mkdir(parents=True)
            shutil.copyfile(ROOT / "solutions" / "module-2.5" / NOTEBOOKS[lab], place / NOTEBOOKS[lab])

    def call(self, *arguments: str) -> tuple[float, dict[str, Any]]:
        """Run a command; returns its seconds and its result."""
        command = [sys.executable, "-m", "grader", *arguments, "--json"]
        began = time.perf_counter()
        done = subprocess.run(
            command, cwd=self.root, env=self._environment, capture_output=True, text=True, check=False
        )
        if not done.stdout.strip():
            raise BrokenCommand(done.stderr.strip()[-600:] or f"exit code {done.returncode}")
        told = json.loads(done.stdout)
        if "schema" not in told or told.get("exit"):
            raise BrokenCommand(done.stdout[:600])
        return time.perf_counter() - began, told

    def forget_measurements(self) -> None:
        """Begin anew: as if nothing of these runs had been measured, and with other checks."""
        shutil.rmtree(self._cache / "measurements", ignore_errors=True)
        with (self.root / "checks" / "module-2.5" / "stamps.py").open("a") as file:
            file.write("# once more\n")

    def measurements(self) -> dict[str, Any]:
        """What is remembered, by key."""
        return {path.stem: json.loads(path.read_text())["value"] for path in self._cache.glob("measurements/*.json")}

    def notices(self) -> list[str]:
        """Codes of what the runs say of themselves."""
        runs = (json.loads(path.read_text()) for path in self.root.glob("runs/*/run.json"))
        return sorted(notice["code"] for run in runs for notice in run["notices"])


def _measure(course: _Course, asked: Graded, ways: Sequence[str]) -> dict[str, Any]:
    course.hand_in(asked.lab, asked.students)
    common = ("--lab", asked.lab, "--workers", str(asked.workers))
    choice = ("--profile", asked.profile, "--device", asked.device)
    batch, graded = course.call("batch", str(course.handed_in), *common, *choice)
    points = {entry["sid"]: entry["points"] for entry in graded["standings"]}
    again: dict[str, Any] = {}
    for way in ways:
        course.forget_measurements()
        seconds, judged = course.call("regrade", *common, "--together", way)
        again[way] = {
            "seconds": seconds,
            "judged": judged["judged"],
            "changes": judged["changes"],
            "together": judged["together"],
            "values": course.measurements(),
        }
    alone = again[ways[0]]["values"]
    for told in again.values():
        values = told.pop("values")
        told["largest_difference"] = largest_difference(alone, values) if values.keys() == alone.keys() else math.inf
    return {"batch_seconds": batch, "points": points, "notices": course.notices(), "again": again}


def largest_difference(one: Any, other: Any) -> float:
    """Return how far two values are apart: numbers by their difference, others by 0 when they are equal, else infinity.

    Args:
        one: numbers, texts, lists and dictionaries of them.
        other: the same from somewhere else.
    """
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        if one.keys() != other.keys():
            return math.inf
        return max((largest_difference(one[name], other[name]) for name in one), default=0.0)
    if isinstance(one, list) and isinstance(other, list):
        if len(one) != len(other):
            return math.inf
        return max((largest_difference(*pair) for pair in zip(one, other, strict=True)), default=0.0)
    if isinstance(one, int | float) and isinstance(other, int | float) and not isinstance(one, bool):
        return abs(one - other)
    return 0.0 if one == other else math.inf
