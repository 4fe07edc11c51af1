"""Proves how strong the checks of a lab are: its own notebooks, its cases, and generated mutants."""

import contextlib
import datetime as dt
import operator
import shutil
import tempfile
import time
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from grader.errors import GraderError, LabFault
from grader.model.files import read_json
from grader.model.lab import Lab
from grader.model.run import RunResult, RunStatus
from grader.model.strength import LabStrength, Outcome, Proof, StrengthReport, Trial
from grader.model.verdict import DeclaredCheck, Verdicts
from grader.pipeline import Request, run_submission
from grader.validating import Case, load_cases
from grader.validating.halfway import half_done, half_points
from grader.validating.mutants import Mutant, plan_mutants
from grader.validating.mutants.cells import cell_mutants
from grader.validating.survivors import Excuses, load_excuses
from grader.validating.tally import (
    broken_checks,
    case_trial,
    earned_points,
    lab_strength,
    mutant_trial,
    unmet_sentences,
)
from grader.wiring.bench import Bench, installed, needs_models
from grader.wiring.stages import CourseStages

#: Told what goes on, in a sentence.
Say = Callable[[str], None]


@dataclass(frozen=True)
class Wanted:
    """How much is to be proven."""

    profile: str = "miniature"
    seeds: int = 1
    """Seeds of the reference solution: the derived one, then 1, 2, ..."""
    cases_only: bool = False
    """Only the hand-made cases, against one reference run."""
    mutants: int | None = 60
    """Generated mutants of artifacts per lab; None for all."""
    cells: int = 0
    """Mutants of the solution's code per lab; each runs a notebook."""
    draw: int = 0
    """Seed that draws the mutants."""
    fresh: bool = False
    """Run the notebooks even when nothing has changed."""
    workers: int = 2


def prove_labs(
    labs: Sequence[tuple[Lab, tuple[DeclaredCheck, ...]]], stages: CourseStages, wanted: Wanted, say: Say
) -> StrengthReport:
    """Prove labs side by side, all with one warm process: while a notebook of one runs, another is judged.

    Args:
        labs: each with its checks.
        stages: of the course.
        wanted: how much is to be proven.
        say: told what goes on.

    Returns:
        What holds and what does not.
    """
    started = time.perf_counter()
    bench = Bench(stages, models=any(needs_models(lab) for lab, _ in labs))
    lanes = max(1, min(wanted.workers, len(labs)))
    prover = Prover(bench, replace(wanted, workers=max(1, wanted.workers // lanes)), say)
    try:
        with ThreadPoolExecutor(lanes) as pool:
            found = tuple(pool.map(prover.prove, [lab for lab, _ in labs], [declared for _, declared in labs]))
    finally:
        bench.processes.close()
    return StrengthReport(
        labs=found,
        ok=all(lab.ok for lab in found),
        seed=wanted.draw,
        seconds=round(time.perf_counter() - started, 1),
        made=dt.datetime.now(dt.UTC).astimezone().isoformat(timespec="seconds"),
        versions=installed(),
    )


class Prover:
    """Proves the labs of one course."""

    def __init__(self, bench: Bench, wanted: Wanted, say: Say) -> None:
        """Take over a bench.

        Args:
            bench: makes and judges.
            wanted: how much is to be proven.
            say: told what goes on.
        """
        self._bench = bench
        self._wanted = wanted
        self._say = say

    def prove(self, lab: Lab, declared: tuple[DeclaredCheck, ...]) -> LabStrength:
        """Prove one lab.

        Args:
            lab: the lab.
            declared: its checks.

        Returns:
            Its strength. What does not hold is in it, in words.

        Raises:
            GraderError: the reference could not be run at all, or a file of the lab is not valid.
        """
        started, wanted = time.perf_counter(), self._wanted
        folder, proofs = self._references(lab, declared)
        notes: list[str] = []
        trials: list[Trial] = []
        if not wanted.cases_only:
            proofs += [self._starter(lab), self._half_done(lab, declared)]
        if proofs[0].earned < proofs[0].expected:
            notes.append(f"In the profile {wanted.profile} the reference does not earn everything: no case was judged.")
        else:
            trials = self._trials(lab, folder)
        return lab_strength(
            lab,
            wanted.profile,
            declared,
            proofs=proofs,
            trials=trials,
            notes=notes,
            seconds=time.perf_counter() - started,
        )

    def reference(self, lab: Lab, seed: int) -> Path:
        """Return the run folder of the reference solution under a seed.

        Raises:
            LabFault: GR206, it does not run to its end.
        """
        self._say(f"{lab.id}: the reference under seed {seed}")
        folder = self._run(lab, lab.solution, seed)
        run = read_json(folder / "run.json", RunResult)
        if run.status is not RunStatus.COMPLETED:
            raise LabFault("GR206", f"The reference of lab {lab.id} ends with: {run.status.value}, {run.message}")
        return folder

    # --- the course's own notebooks -----------------------------------------------------------------------------

    def _references(self, lab: Lab, declared: Sequence[DeclaredCheck]) -> tuple[Path, list[Proof]]:
        """The run folder of the reference, and what it earned under every seed."""
        total = sum(check.points for check in declared if not check.bonus)
        folders: list[Path] = []
        proofs: list[Proof] = []
        for seed in (None, *range(1, self._wanted.seeds)):
            folder, proof = self._proven(lab, lab.solution, "reference", total, seed)
            folders.append(folder)
            proofs.append(proof)
        return folders[0], proofs

    def _starter(self, lab: Lab) -> Proof:
        return self._proven(lab, lab.starter, "starter", 0.0, None)[1]

    def _half_done(self, lab: Lab, declared: tuple[DeclaredCheck, ...]) -> Proof:
        with tempfile.TemporaryDirectory(prefix="grader-half-") as scratch:
            notebook = Path(scratch) / f"{lab.slug}.ipynb"
            notebook.write_bytes(half_done(lab))
            return self._proven(lab, notebook, "half-done", half_points(lab, declared), None)[1]

    def _proven(
        self,
        lab: Lab,
        notebook: Path,
        name: Literal["reference", "starter", "half-done"],
        expected: float,
        seed: int | None,
    ) -> tuple[Path, Proof]:
        self._say(f"{lab.id}: the {name}{f' under seed {seed}' if seed is not None else ''}")
        started = time.perf_counter()
        folder = self._run(lab, notebook, seed)
        verdicts = self._bench.judge(lab, folder)
        run = read_json(folder / "run.json", RunResult)
        earned = earned_points(verdicts.verdicts)
        problems = broken_checks(verdicts.verdicts)
        smoke = self._wanted.profile == "smoke"
        if name == "reference":
            if run.status is not RunStatus.COMPLETED:
                problems.append(f"it does not run to its end: {run.status.value}, {run.message}")
            elif not smoke:
                problems += unmet_sentences(verdicts.verdicts)
        if abs(earned - expected) > 0.005 and not (smoke and name != "starter"):
            problems.append(f"it earns {earned:g} points, not {expected:g}")
        seconds = round(time.perf_counter() - started, 1)
        return folder, Proof(name, seed, expected, earned, not problems, tuple(problems), seconds)

    def _run(self, lab: Lab, notebook: Path, seed: int | None) -> Path:
        """The run folder of one of the course's notebooks; one that is known is taken as it is."""
        wanted, stages = self._wanted, self._bench.stages
        request = Request(
            notebook=notebook,
            lab_id=lab.id,
            student_id="reference",
            profile=wanted.profile,
            seed=seed,
            device="cpu",
            fresh=wanted.fresh,
        )
        return run_submission(request, self._bench.students, stages.settings.runs, _quiet)

    # --- wrong submissions --------------------------------------------------------------------------------------

    def _trials(self, lab: Lab, reference: Path) -> list[Trial]:
        wanted = self._wanted
        excuses = load_excuses(lab)
        jobs: list[Callable[[], Trial | None]] = [
            lambda case=case: self._case(case, lab, reference) for case in load_cases(lab)
        ]
        if not wanted.cases_only and wanted.mutants != 0:
            planned = plan_mutants(lab, reference / "artifacts", seed=wanted.draw, most=wanted.mutants)
            jobs += [lambda one=one: self._mutant(one, lab, reference, excuses) for one in planned]
        if not wanted.cases_only and wanted.cells:
            jobs += [
                lambda one=one: self._cell(one.name, one.notebook, lab, excuses)
                for one in cell_mutants(lab.solution, seed=wanted.draw, most=wanted.cells)
            ]
        done: list[Trial] = []
        call: Callable[[Callable[[], Trial | None]], Trial | None] = operator.call
        with ThreadPoolExecutor(wanted.workers) as pool:
            for number, trial in enumerate(pool.map(call, jobs), 1):
                if trial is not None:
                    done.append(trial)
                self._say(f"{lab.id}: {number} of {len(jobs)} wrong submissions judged")
        return done

    def _case(self, case: Case, lab: Lab, reference: Path) -> Trial:
        started = time.perf_counter()
        try:
            verdicts = self.judged(case, lab, reference)
        except GraderError as exc:
            problem = f"it cannot be made or judged: {exc.message}"
            return Trial(case.name, "case", case.harmless, Outcome.MISJUDGED, case.mistake, problems=(problem,))
        return case_trial(case, verdicts.verdicts, round(time.perf_counter() - started, 2))

    def _mutant(self, one: Mutant, lab: Lab, reference: Path, excuses: Excuses) -> Trial | None:
        """None when the change does not fit this artifact, such as weights of a base that share no name with it."""
        started = time.perf_counter()
        try:
            verdicts = self.judged(one.as_case(lab), lab, reference).verdicts
        except LabFault:
            return None
        took = round(time.perf_counter() - started, 2)
        return mutant_trial(one.name, verdicts, excuses, harmless=one.harmless, seconds=took)

    def _cell(self, name: str, notebook: bytes, lab: Lab, excuses: Excuses) -> Trial:
        started = time.perf_counter()
        with tempfile.TemporaryDirectory(prefix="grader-cell-") as scratch:
            path = Path(scratch) / f"{lab.slug}.ipynb"
            path.write_bytes(notebook)
            folder = self._run(lab, path, None)
        run = read_json(folder / "run.json", RunResult)
        if run.status is not RunStatus.COMPLETED:
            why, seconds = f"{run.status.value}: {run.message}", round(time.perf_counter() - started, 2)
            return Trial(name, "cell", harmless=False, outcome=Outcome.STOPPED, reason=why, seconds=seconds)
        verdicts = self._bench.judge(lab, folder).verdicts
        return mutant_trial(name, verdicts, excuses, cell=True, seconds=round(time.perf_counter() - started, 2))

    def judged(self, case: Case, lab: Lab, reference: Path) -> Verdicts:
        """Make a wrong submission of a reference run and have it judged; nothing of it is kept.

        Args:
            case: what to change.
            lab: its lab.
            reference: the run folder.
        """
        with _scratch() as scratch:
            folder = scratch / reference.name
            self._bench.make(case, lab, reference, folder)
            return self._bench.judge(lab, folder)


@contextlib.contextmanager
def _scratch() -> Generator[Path]:
    """A folder that is gone afterwards; artifacts are read-only, which `rmtree` does not mind in a folder of ours."""
    folder = Path(tempfile.mkdtemp(prefix="grader-trial-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _quiet(_stage: str, _sentence: str) -> None:
    """The reference run's own stages are told by the prover."""
