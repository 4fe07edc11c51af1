"""Lab 2.5.2: the solution earns everything, the starter nothing, and each wrong submission fails what it should."""

import os
from pathlib import Path

import pytest

from grader.catalog import load_lab
from grader.model.files import read_json
from grader.model.probe import ProbeRecord
from grader.validating import Case, load_cases, misjudged
from tests.functional.strength import ROOT, Bench, Graded, judged, solve

LAB = load_lab(ROOT / "labs" / "module-2.5" / "lab-2.5.2.toml")
CASES = load_cases(LAB)
#: The usual mistake that the feedback must name, by case.
MISTAKES = {
    "aggregation-not-stated": "aggregation-missing",
    "aggregation-not-used": "aggregation-missing",
    "crash-on-long-text": "one-input-costs-all",
    "empty-text-answered": "nothing-is-answered",
    "hard-coded-outputs": "hard-coded",
    "labels-swapped": "labels-swapped",
    "latency-in-seconds": "seconds-for-milliseconds",
    "latency-zero": "latency-invented",
    "model-of-another-task": "task-of-another-model",
    "never-loaded": "never-loaded",
    "order-mixed-up": "order-mixed",
    "outputs-of-another-model": "other-model",
    "p95-below-p50": "percentiles-swapped",
    "pipeline-in-the-loop": "pipeline-in-loop",
    "same-task-under-aliases": "same-task",
    "sampling-stated": "sampling",
    "sampling-without-saying": "sampling",
    "scores-typed-in": "scores-typed-in",
    "task-that-is-gone": "task-removed",
    "texts-cut-to-8-tokens": "texts-cut-short",
    "tokenizer-of-another-checkpoint": "tokenizer-mismatch",
    "train-mode": "train-mode-for-inference",
}
#: One case of each kind of failure, with a mistake to name if there is one; GRADER_TEST_CASES=all judges all of them.
JUDGED = judged(sorted(CASES, key=lambda case: case.name in MISTAKES))
SEEDS = os.environ.get("GRADER_TEST_SEEDS", "").split()

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("lab-2.5.2"), pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench("2.5.2", tmp_path_factory.mktemp("lab-2.5.2"))


@pytest.fixture(scope="module")
def reference(bench: Bench) -> Graded:
    return bench.grade(LAB.solution)


def test_the_reference_solution_earns_everything_and_the_bonus(reference: Graded):
    assert reference.unmet == {}
    assert (reference.grade.score, reference.grade.possible) == (110.0, 100.0)


def test_the_reference_solution_stays_far_below_its_limits(reference: Graded):
    run = reference.grade.run
    assert run.status == "completed"
    assert run.wall_seconds < 200  # 20 s on an idle machine
    assert run.peak_memory_bytes < run.limits.memory_bytes / 2


def test_tasks_that_a_student_did_not_choose_cost_nothing(reference: Graded):
    record = read_json(reference.folder / "probes.json", ProbeRecord)
    answered = {probe.inputs for probe in record.probes if probe.name == "run_demo" and probe.calls[0].error is None}
    assert "text_classification" in answered
    assert "fill_mask" not in answered


def test_the_report_draws_the_latencies_of_student_and_grader(reference: Graded):
    bars = reference.verdict("test_latency").plots[0].data["bars"]
    assert len(bars) == 10
    assert {bar["name"].rpartition(", ")[2] for bar in bars} == {"yours", "ours"}


def test_the_starter_earns_nothing_and_says_which_exercise_comes_first(bench: Bench):
    starter = bench.grade(LAB.starter)
    assert starter.grade.score == 0.0
    assert (starter.grade.run.status, starter.grade.run.code) == ("not attempted", "GR410")
    assert "Exercise 1" in starter.grade.run.message


def test_a_lab_done_up_to_the_third_exercise_earns_its_points(bench: Bench, tmp_path: Path):
    done = {f"exercise-{number}" for number in range(1, 4)}
    half = bench.grade(solve(LAB.starter, LAB.solution, done, tmp_path / "half.ipynb"), profile="smoke")
    assert half.grade.score == 80.0
    assert "Exercise 4" in half.grade.run.message


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
    assert graded.grade.score == 110.0
