"""Tests of every lab: its solution earns everything, its starter nothing, wrong submissions fail what they should.

A file of a lab says what is its own in `PROOF`, makes its class of tests from `LabTests`, and adds what only it has.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import pytest

from grader.catalog import load_lab
from grader.model.lab import Lab
from grader.validating import Case, load_cases, misjudged
from tests.functional.strength import ROOT, Bench, Graded

#: Seeds under which the reference is proven as well: GRADER_TEST_SEEDS='1 2 3'.
SEEDS = os.environ.get("GRADER_TEST_SEEDS", "").split()
#: Whether all cases are judged: GRADER_TEST_CASES=all. `grader validate` does that as well.
ALL_CASES = os.environ.get("GRADER_TEST_CASES") == "all"


def one_of_each_kind(cases: Sequence[Case]) -> list[Case]:
    """Return one case of each set of checks that fail; an earlier one is preferred."""
    return list({case.fails: case for case in reversed(cases)}.values())


@dataclass(frozen=True)
class Proof:
    """What is true of one lab."""

    lab_id: str
    cpu_seconds: float
    """What the reference may take; wall time would depend on what else the machine does."""
    score: float = 100.0
    """What the reference earns of 100 points, its bonus included."""
    profile: str = "miniature"
    """In which cases are judged."""
    mistakes: Mapping[str, str] = field(default_factory=dict[str, str])
    """The usual mistake that the feedback must name, by case."""
    quick: Callable[[Sequence[Case]], list[Case]] = one_of_each_kind
    """Which cases are judged when not all of them are."""
    secret: str = ""
    """What no verdict may repeat."""

    @cached_property
    def lab(self) -> Lab:
        """The lab."""
        return load_lab(ROOT / "labs" / "module-2.5" / f"lab-{self.lab_id}.toml")

    @cached_property
    def judged(self) -> list[Case]:
        """The cases that are judged now."""
        cases = sorted(load_cases(self.lab), key=lambda case: case.name not in self.mistakes)
        return list(cases) if ALL_CASES else self.quick(cases)


class LabTests:
    """The tests that every lab has."""

    def test_the_reference_solution_earns_everything(self, proof: Proof, reference: Graded):
        assert reference.unmet == {}
        assert (reference.grade.score, reference.grade.possible) == (proof.score, 100.0)

    def test_the_reference_solution_stays_far_below_its_limits(self, proof: Proof, reference: Graded):
        run = reference.grade.run
        assert run.status == "completed"
        assert run.cpu_seconds < proof.cpu_seconds
        assert run.peak_memory_bytes < run.limits.memory_bytes / 2

    def test_the_starter_earns_nothing_and_says_which_exercise_comes_first(self, starter: Graded):
        assert starter.grade.score == 0.0
        assert (starter.grade.run.status, starter.grade.run.code) == ("not attempted", "GR410")
        assert "Exercise 1" in starter.grade.run.message

    def test_a_case_fails_exactly_what_it_should(self, proof: Proof, bench: Bench, reference: Graded, case: Case):
        graded = bench.judge(case, reference)
        verdicts = graded.grade.verdicts
        assert misjudged(case, verdicts) == []
        if case.name in proof.mistakes:
            assert proof.mistakes[case.name] in {verdict.mistake for verdict in verdicts}
        assert all(verdict.message and verdict.hint for verdict in verdicts if verdict.status in ("failed", "partly"))
        if proof.secret:
            assert proof.secret not in (graded.folder / "verdicts.json").read_text("utf-8")

    def test_every_check_has_a_case_that_it_catches(self, proof: Proof, reference: Graded):
        caught = {name for case in proof.judged for name in case.fails}
        assert caught == {verdict.check.id for verdict in reference.grade.verdicts}

    @pytest.mark.skipif(not SEEDS, reason="set GRADER_TEST_SEEDS='1 2 3' to prove the reference under more seeds")
    def test_the_reference_solution_earns_everything_under_other_seeds(self, proof: Proof, bench: Bench, seed: str):
        graded = bench.grade(proof.lab.solution, seed=int(seed))
        assert graded.unmet == {}
        assert graded.grade.score == proof.score
