"""Lab 2.5.5: the solution earns everything, the starter nothing, and each wrong submission fails what it should."""

from pathlib import Path

import pytest

from tests.functional.proof import LabTests, Proof
from tests.functional.strength import Bench, Graded, solve

PROOF = Proof(
    "2.5.5",
    cpu_seconds=150,
    mistakes={
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
    },
)

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("lab-2.5.5"), pytest.mark.timeout(600)]


class TestLab(LabTests):
    """What every lab has."""


def test_the_report_draws_the_memory_of_both_ways_by_parts(reference: Graded):
    bars = reference.verdict("test_memory").plots[0].data["bars"]
    assert [bar["name"] for bar in bars] == ["full fine-tuning", "LoRA"]
    assert all(sum(part["value"] for part in bar["parts"]) == bar["value"] for bar in bars)


def test_a_lab_done_up_to_the_merge_leaves_only_its_logs_and_names_the_exercise(bench: Bench, tmp_path: Path):
    done = {f"exercise-{number}" for number in range(1, 6)}
    half = bench.grade(solve(PROOF.lab.starter, PROOF.lab.solution, done, tmp_path / "half.ipynb"), profile="smoke")
    assert "Exercise 6" in half.grade.run.message
    assert half.grade.score == 2.0


def test_the_smoke_profile_runs_to_the_end_in_half_a_minute(bench: Bench):
    smoke = bench.grade(PROOF.lab.solution, profile="smoke")
    assert smoke.grade.run.status == "completed"
    assert smoke.grade.run.wall_seconds < 60  # 30 s on an idle machine
    assert smoke.verdict("test_adapter_loads").status == "passed"
