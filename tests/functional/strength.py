"""Runs a lab's own notebooks through the whole grader, and judges wrong submissions made of the reference run."""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from grader.model.grade import Grade
from grader.model.lab import Lab
from grader.model.verdict import Verdict
from grader.pipeline import Request, judge_run
from grader.settings import Settings
from grader.validating import Case
from grader.wiring import Workshop
from grader.wiring.bench import Bench as ProductBench

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Graded:
    """A run folder with its grade."""

    folder: Path
    grade: Grade

    @property
    def unmet(self) -> dict[str, str]:
        """Why each check that did not pass did not."""
        return {
            verdict.check.id: f"{verdict.status}: {verdict.message} {verdict.staff}"
            for verdict in self.grade.verdicts
            if verdict.status != "passed"
        }

    def verdict(self, check: str) -> Verdict:
        """Return the verdict of a check."""
        return next(verdict for verdict in self.grade.verdicts if verdict.check.id == check)


class Bench:
    """One lab of this course, graded in folders of the tests."""

    def __init__(self, lab_id: str, scratch: Path) -> None:
        self.scratch = scratch
        self._workshop = Workshop(
            Settings(root=ROOT, runs=scratch / "runs", cache=scratch / "cache", sandbox="process", student="ada")
        )
        self.lab: Lab = self._workshop.lab(lab_id)

    def grade(self, notebook: Path, *, seed: int | None = None, profile: str = "miniature") -> Graded:
        """Run a notebook and judge what it leaves behind."""
        request = Request(notebook=notebook, lab_id=self.lab.id, profile=profile, seed=seed)
        grade, folder = self._workshop.grade(request, _quiet)
        return Graded(folder, grade)

    def judge(self, case: Case, reference: Graded) -> Graded:
        """Make a wrong submission out of a reference run and judge it; the notebook is not run again."""
        folder = self.scratch / "runs" / f"case-{case.name}"
        self._bench.make(case, self.lab, reference.folder, folder)
        return Graded(folder, judge_run(folder, self._bench.stages, _quiet))

    @cached_property
    def _bench(self) -> ProductBench:
        return ProductBench(self._workshop.stages)


def solve(starter: Path, solution: Path, exercises: set[str], destination: Path) -> Path:
    """Write a half-done notebook: the starter with some exercises taken from the solution."""
    notebook, solved = json.loads(starter.read_text("utf-8")), json.loads(solution.read_text("utf-8"))
    answers = {cell["id"]: cell["source"] for cell in solved["cells"]}
    for cell in notebook["cells"]:
        if exercises & set(cell["metadata"].get("tags", [])):
            cell["source"] = answers[cell["id"]]
    destination.write_text(json.dumps(notebook), "utf-8")
    return destination


def _quiet(_stage: str, _sentence: str) -> None:
    """Tell nobody."""
