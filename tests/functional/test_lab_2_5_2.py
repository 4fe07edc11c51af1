"""Lab 2.5.2: the solution earns everything, the starter nothing, and each wrong submission fails what it should."""

from pathlib import Path

import pytest

from grader.model.files import read_json
from grader.model.probe import ProbeRecord
from tests.functional.proof import LabTests, Proof
from tests.functional.strength import Bench, Graded, solve

PROOF = Proof(
    "2.5.2",
    cpu_seconds=100,
    score=110.0,
    mistakes={
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
    },
)

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("lab-2.5.2"), pytest.mark.timeout(300)]


class TestLab(LabTests):
    """What every lab has."""


def test_tasks_that_a_student_did_not_choose_cost_nothing(reference: Graded):
    record = read_json(reference.folder / "probes.json", ProbeRecord)
    answered = {probe.inputs for probe in record.probes if probe.name == "run_demo" and probe.calls[0].error is None}
    assert "text_classification" in answered
    assert "fill_mask" not in answered


def test_the_report_draws_the_latencies_of_student_and_grader(reference: Graded):
    bars = reference.verdict("test_latency").plots[0].data["bars"]
    assert len(bars) == 10
    assert {bar["name"].rpartition(", ")[2] for bar in bars} == {"yours", "ours"}


def test_a_lab_done_up_to_the_third_exercise_earns_its_points(bench: Bench, tmp_path: Path):
    done = {f"exercise-{number}" for number in range(1, 4)}
    half = bench.grade(solve(PROOF.lab.starter, PROOF.lab.solution, done, tmp_path / "half.ipynb"), profile="smoke")
    assert half.grade.score == 80.0
    assert "Exercise 4" in half.grade.run.message
