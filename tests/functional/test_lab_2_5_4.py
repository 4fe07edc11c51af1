"""Lab 2.5.4: the solution earns everything, the starter nothing, and each wrong submission fails what it should."""

import json
from pathlib import Path

import pytest

from tests.functional.proof import LabTests, Proof
from tests.functional.strength import Bench, solve

PROOF = Proof(
    "2.5.4",
    cpu_seconds=120,
    mistakes={
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
    },
)

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("lab-2.5.4"), pytest.mark.timeout(600)]


class TestLab(LabTests):
    """What every lab has."""


def test_half_of_the_exercises_run_to_the_first_that_is_missing(bench: Bench, tmp_path: Path):
    done = {f"exercise-{number}" for number in range(1, 6)}
    half = bench.grade(solve(PROOF.lab.starter, PROOF.lab.solution, done, tmp_path / "half.ipynb"), profile="smoke")
    assert half.grade.score == 0.0
    assert "Exercise 6" in half.grade.run.message


def test_an_old_argument_name_is_recognised_in_the_cell_that_fails(bench: Bench, tmp_path: Path):
    notebook = json.loads(PROOF.lab.solution.read_text("utf-8"))
    cell = next(cell for cell in notebook["cells"] if cell["id"] == "exercise-5")
    cell["source"] = "".join(cell["source"]).replace("eval_strategy=", "evaluation_strategy=")
    (tmp_path / "old.ipynb").write_text(json.dumps(notebook), "utf-8")
    graded = bench.grade(tmp_path / "old.ipynb", profile="smoke")
    verdict = graded.verdict("test_training_files")
    assert (verdict.status, verdict.mistake) == ("failed", "old-argument-name")
    assert "eval_strategy" in verdict.hint


def test_the_smoke_profile_runs_to_the_end_in_half_a_minute(bench: Bench):
    smoke = bench.grade(PROOF.lab.solution, profile="smoke")
    assert smoke.grade.run.status == "completed"
    assert smoke.grade.run.cpu_seconds < 30
    assert smoke.verdict("test_model_loads").status == "passed"
