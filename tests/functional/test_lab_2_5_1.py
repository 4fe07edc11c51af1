"""Lab 2.5.1: the solution earns everything, the starter nothing, and each wrong submission fails what it should."""

import json
import os
from pathlib import Path

import pytest

from grader.catalog import load_lab
from grader.validating import Case, load_cases, misjudged
from tests.functional.strength import ROOT, Bench, Graded, solve

LAB = load_lab(ROOT / "labs" / "module-2.5" / "lab-2.5.1.toml")
CASES = load_cases(LAB)
SEEDS = os.environ.get("GRADER_TEST_SEEDS", "").split()

#: The usual mistake that the feedback must name, by case.
MISTAKES = {
    "cards-never-read": "model-chosen-at-random",
    "choice-gated": "model-chosen-at-random",
    "choice-over-budget": "model-chosen-at-random",
    "copied-from-cards": "copied-from-card",
    "everything-may-be-sold": "licence-not-read",
    "lorem-ipsum": "model-chosen-at-random",
    "millions-for-units": "wrong-unit",
    "never-asked-the-hub": "model-chosen-at-random",
    "numbers-from-memory": "numbers-from-memory",
    "one-text-for-all": "one-text-for-all",
    "placeholder-praised": "placeholder-praised",
}

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("lab-2.5.1"), pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench("2.5.1", tmp_path_factory.mktemp("lab-2.5.1"))


@pytest.fixture(scope="module")
def reference(bench: Bench) -> Graded:
    return bench.grade(LAB.solution)


def test_the_reference_solution_earns_everything_and_the_bonus(reference: Graded):
    assert reference.unmet == {}
    assert (reference.grade.score, reference.grade.possible) == (110.0, 100.0)


def test_the_reference_solution_stays_far_below_its_limits(reference: Graded):
    run = reference.grade.run
    assert run.status == "completed"
    assert run.cpu_seconds < 20  # nothing is downloaded but cards
    assert run.peak_memory_bytes < run.limits.memory_bytes / 2


def test_the_starter_earns_nothing_and_says_which_exercise_comes_first(bench: Bench):
    starter = bench.grade(LAB.starter)
    assert starter.grade.score == 0.0
    assert (starter.grade.run.status, starter.grade.run.code) == ("not attempted", "GR410")
    assert "Exercise 1" in starter.grade.run.message


def test_half_of_the_exercises_earn_their_points(bench: Bench, tmp_path: Path):
    done = {f"exercise-{number}" for number in range(1, 5)}
    half = bench.grade(solve(LAB.starter, LAB.solution, done, tmp_path / "half.ipynb"), profile="smoke")
    assert half.grade.score == 65.0  # without licences, judgements and choice
    assert "Exercise 5" in half.grade.run.message
    assert "did not write the file choice.json" in half.verdict("test_choice").message


def test_without_the_deep_dive_the_lab_is_whole(bench: Bench, tmp_path: Path):
    done = {f"exercise-{number}" for number in range(1, 8)}
    whole = bench.grade(solve(LAB.starter, LAB.solution, done, tmp_path / "whole.ipynb"), profile="smoke")
    assert whole.grade.run.status == "completed"
    assert whole.grade.score == 100.0
    assert whole.grade.run.cpu_seconds < 20
    assert set(whole.unmet) == {"test_deep_dive"}


def test_two_students_get_two_scenarios(bench: Bench, reference: Graded):
    other = bench.grade(LAB.solution, seed=reference.grade.run.seed + 1)
    chosen = [json.loads((run.folder / "artifacts" / "choice.json").read_text("utf-8")) for run in (reference, other)]
    assert other.unmet == {}
    assert chosen[0]["model_id"] != chosen[1]["model_id"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_case_fails_exactly_what_it_should(bench: Bench, reference: Graded, case: Case):
    verdicts = bench.judge(case, reference).grade.verdicts
    assert misjudged(case, verdicts) == []
    if case.name in MISTAKES:
        assert MISTAKES[case.name] in {verdict.mistake for verdict in verdicts}
    assert all(verdict.message and verdict.hint for verdict in verdicts if verdict.status in ("failed", "partly"))


def test_every_check_has_a_case_that_it_catches(reference: Graded):
    caught = {name for case in CASES for name in case.fails}
    assert caught == {verdict.check.id for verdict in reference.grade.verdicts}


@pytest.mark.skipif(not SEEDS, reason="set GRADER_TEST_SEEDS='1 2 3' to prove the reference under more seeds")
@pytest.mark.parametrize("seed", SEEDS)
def test_the_reference_solution_earns_everything_under_other_seeds(bench: Bench, seed: str):
    graded = bench.grade(LAB.solution, seed=int(seed))
    assert graded.unmet == {}
    assert graded.grade.score == 110.0
