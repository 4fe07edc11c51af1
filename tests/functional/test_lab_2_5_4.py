"""Lab 2.5.4: the solution earns everything, the starter nothing, and each wrong submission fails what it should."""

import json
import os
from pathlib import Path

import pytest

from grader.catalog import load_lab
from grader.validating import Case, load_cases, misjudged
from tests.functional.strength import ROOT, Bench, Graded, judged, solve

LAB = load_lab(ROOT / "labs" / "module-2.5" / "lab-2.5.4.toml")
CASES = load_cases(LAB)
#: One case of each kind of failure; all of them are judged with GRADER_TEST_CASES=all, and by `grader validate`.
JUDGED = judged(CASES[::-1])
SEEDS = os.environ.get("GRADER_TEST_SEEDS", "").split()

#: The usual mistake that the feedback must name, by case.
MISTAKES = {
    "accuracy-nan": "not-finite",
    "files-of-another-student": "files-of-another-run",
    "from-scratch": "trained-from-scratch",
    "head-only": "encoder-not-trained",
    "labels-flipped": "labels-flipped",
    "labels-swapped": "labels-swapped",
    "loss-not-logged": "trainer-logs-nothing",
    "never-trained": "not-trained",
    "predictions-are-labels": "labels-as-predictions",
    "predictions-shuffled": "rows-out-of-order",
    "saved-before-training": "encoder-not-trained",
    "tokenizer-of-another-model": "tokenizer-mismatch",
    "trained-on-the-test-split": "test-leakage",
    "weights-nan": "not-finite",
}

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("lab-2.5.4"), pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench("2.5.4", tmp_path_factory.mktemp("lab-2.5.4"))


@pytest.fixture(scope="module")
def reference(bench: Bench) -> Graded:
    return bench.grade(LAB.solution)


def test_the_reference_solution_earns_everything(reference: Graded):
    assert reference.unmet == {}
    assert (reference.grade.score, reference.grade.possible) == (100.0, 100.0)


def test_the_reference_solution_stays_far_below_its_limits(reference: Graded):
    run = reference.grade.run
    assert run.status == "completed"
    assert run.cpu_seconds < 120  # of the 180 seconds of wall clock that a student should wait at most
    assert run.peak_memory_bytes < run.limits.memory_bytes / 2


def test_the_starter_earns_nothing_and_says_which_exercise_comes_first(bench: Bench):
    starter = bench.grade(LAB.starter)
    assert starter.grade.score == 0.0
    assert (starter.grade.run.status, starter.grade.run.code) == ("not attempted", "GR410")
    assert "Exercise 1" in starter.grade.run.message


def test_half_of_the_exercises_run_to_the_first_that_is_missing(bench: Bench, tmp_path: Path):
    done = {f"exercise-{number}" for number in range(1, 6)}
    half = bench.grade(solve(LAB.starter, LAB.solution, done, tmp_path / "half.ipynb"), profile="smoke")
    assert half.grade.score == 0.0
    assert "Exercise 6" in half.grade.run.message


def test_an_old_argument_name_is_recognised_in_the_cell_that_fails(bench: Bench, tmp_path: Path):
    notebook = json.loads(LAB.solution.read_text("utf-8"))
    cell = next(cell for cell in notebook["cells"] if cell["id"] == "exercise-5")
    cell["source"] = "".join(cell["source"]).replace("eval_strategy=", "evaluation_strategy=")
    (tmp_path / "old.ipynb").write_text(json.dumps(notebook), "utf-8")
    graded = bench.grade(tmp_path / "old.ipynb", profile="smoke")
    verdict = graded.verdict("test_training_files")
    assert (verdict.status, verdict.mistake) == ("failed", "old-argument-name")
    assert "eval_strategy" in verdict.hint


def test_the_smoke_profile_runs_to_the_end_in_half_a_minute(bench: Bench):
    smoke = bench.grade(LAB.solution, profile="smoke")
    assert smoke.grade.run.status == "completed"
    assert smoke.grade.run.cpu_seconds < 30
    assert smoke.verdict("test_model_loads").status == "passed"


@pytest.mark.parametrize("case", JUDGED, ids=lambda case: case.name)
def test_a_case_fails_exactly_what_it_should(bench: Bench, reference: Graded, case: Case):
    verdicts = bench.judge(case, reference).grade.verdicts
    assert misjudged(case, verdicts) == []
    if case.name in MISTAKES:
        assert MISTAKES[case.name] in {verdict.mistake for verdict in verdicts}
    assert all(verdict.message and verdict.hint for verdict in verdicts if verdict.status in ("failed", "partly"))


def test_every_check_has_a_case_that_it_catches(reference: Graded):
    caught = {name for case in JUDGED for name in case.fails}
    assert caught == {verdict.check.id for verdict in reference.grade.verdicts}


@pytest.mark.skipif(not SEEDS, reason="set GRADER_TEST_SEEDS='1 2 3' to prove the reference under more seeds")
@pytest.mark.parametrize("seed", SEEDS)
def test_the_reference_solution_earns_everything_under_other_seeds(bench: Bench, seed: str):
    graded = bench.grade(LAB.solution, seed=int(seed))
    assert graded.unmet == {}
    assert graded.grade.score == 100.0
