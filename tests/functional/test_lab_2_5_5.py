"""Lab 2.5.5: the solution earns everything, the starter nothing, and each wrong submission fails what it should."""

import os
from pathlib import Path

import pytest

from grader.catalog import load_lab
from grader.validating import Case, load_cases, misjudged
from tests.functional.strength import ROOT, Bench, Graded, judged, solve

LAB = load_lab(ROOT / "labs" / "module-2.5" / "lab-2.5.5.toml")
CASES = load_cases(LAB)
#: One case of each kind of failure; all of them are judged with GRADER_TEST_CASES=all, and by `grader validate`.
JUDGED = judged(CASES[::-1])
SEEDS = os.environ.get("GRADER_TEST_SEEDS", "").split()

#: The usual mistake that the feedback must name, by case.
MISTAKES = {
    "accuracy-copied": "accuracy-copied",
    "activations-forgotten": "activations-forgotten",
    "alpha-edited": "alpha-edited",
    "classifier-not-saved": "classifier-not-saved",
    "full-not-trained": "full-not-trained",
    "gib-for-gb": "gib-for-gb",
    "gradients-of-frozen-weights": "gradients-of-frozen-weights",
    "labels-flipped": "labels-flipped",
    "memory-from-rss": "memory-from-rss",
    "memory-swapped": "memory-swapped",
    "merged-is-base": "merged-is-base",
    "merged-is-full": "merged-is-another-model",
    "nan-accuracy": "not-finite",
    "optimizer-forgotten": "optimizer-state-forgotten",
    "other-base": "other-base",
    "peak-is-sum-of-parts": "peak-is-sum-of-parts",
    "prediction-without-state": "optimizer-state-forgotten",
    "ratio-upside-down": "ratio-upside-down",
    "untrained-adapter": "lora-untrained",
    "wrong-target-modules": "target-modules",
}

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("lab-2.5.5"), pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench("2.5.5", tmp_path_factory.mktemp("lab-2.5.5"))


@pytest.fixture(scope="module")
def reference(bench: Bench) -> Graded:
    return bench.grade(LAB.solution)


def test_the_reference_solution_earns_everything(reference: Graded):
    assert reference.unmet == {}
    assert (reference.grade.score, reference.grade.possible) == (100.0, 100.0)


def test_the_reference_solution_stays_far_below_its_limits(reference: Graded):
    run = reference.grade.run
    assert run.status == "completed"
    assert run.wall_seconds < 180
    assert run.peak_memory_bytes < run.limits.memory_bytes / 2


def test_the_report_draws_the_memory_of_both_ways_by_parts(reference: Graded):
    bars = reference.verdict("test_memory").plots[0].data["bars"]
    assert [bar["name"] for bar in bars] == ["full fine-tuning", "LoRA"]
    assert all(sum(part["value"] for part in bar["parts"]) == bar["value"] for bar in bars)


def test_the_starter_earns_nothing_and_says_which_exercise_comes_first(bench: Bench):
    starter = bench.grade(LAB.starter)
    assert starter.grade.score == 0.0
    assert (starter.grade.run.status, starter.grade.run.code) == ("not attempted", "GR410")
    assert "Exercise 1" in starter.grade.run.message


def test_a_lab_done_up_to_the_merge_leaves_only_its_logs_and_names_the_exercise(bench: Bench, tmp_path: Path):
    done = {f"exercise-{number}" for number in range(1, 6)}
    half = bench.grade(solve(LAB.starter, LAB.solution, done, tmp_path / "half.ipynb"), profile="smoke")
    assert "Exercise 6" in half.grade.run.message
    assert half.grade.score == 2.0


def test_the_smoke_profile_runs_to_the_end_in_half_a_minute(bench: Bench):
    smoke = bench.grade(LAB.solution, profile="smoke")
    assert smoke.grade.run.status == "completed"
    assert smoke.grade.run.wall_seconds < 60  # 30 s on an idle machine
    assert smoke.verdict("test_adapter_loads").status == "passed"


@pytest.mark.parametrize("case", JUDGED, ids=lambda case: case.name)
def test_a_case_fails_exactly_what_it_should(bench: Bench, reference: Graded, case: Case):
    graded = bench.judge(case, reference)
    assert misjudged(case, graded.grade.verdicts) == []
    if case.name in MISTAKES:
        assert MISTAKES[case.name] in {verdict.mistake for verdict in graded.grade.verdicts}


def test_every_check_has_a_case_that_it_catches(reference: Graded):
    caught = {name for case in JUDGED for name in case.fails}
    assert caught == {verdict.check.id for verdict in reference.grade.verdicts}


@pytest.mark.skipif(not SEEDS, reason="set GRADER_TEST_SEEDS='1 2 3' to prove the reference under more seeds")
@pytest.mark.parametrize("seed", SEEDS)
def test_the_reference_solution_earns_everything_under_other_seeds(bench: Bench, seed: str):
    graded = bench.grade(LAB.solution, seed=int(seed))
    assert graded.unmet == {}
    assert graded.grade.score == 100.0
