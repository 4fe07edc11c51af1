"""Lab 2.5.1: the solution earns everything, the starter nothing, and each wrong submission fails what it should."""

import json
from pathlib import Path

import pytest

from tests.functional.proof import LabTests, Proof
from tests.functional.strength import Bench, Graded, solve

PROOF = Proof(
    "2.5.1",
    cpu_seconds=20,
    score=110.0,
    mistakes={
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
    },
    quick=list,
)

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("lab-2.5.1"), pytest.mark.timeout(300)]


class TestLab(LabTests):
    """What every lab has."""


def test_half_of_the_exercises_earn_their_points(bench: Bench, tmp_path: Path):
    done = {f"exercise-{number}" for number in range(1, 5)}
    half = bench.grade(solve(PROOF.lab.starter, PROOF.lab.solution, done, tmp_path / "half.ipynb"), profile="smoke")
    assert half.grade.score == 65.0  # without licences, judgements and choice
    assert "Exercise 5" in half.grade.run.message
    assert "did not write the file choice.json" in half.verdict("test_choice").message


def test_without_the_deep_dive_the_lab_is_whole(bench: Bench, tmp_path: Path):
    done = {f"exercise-{number}" for number in range(1, 8)}
    whole = bench.grade(solve(PROOF.lab.starter, PROOF.lab.solution, done, tmp_path / "whole.ipynb"), profile="smoke")
    assert whole.grade.run.status == "completed"
    assert whole.grade.score == 100.0
    assert whole.grade.run.cpu_seconds < 20
    assert set(whole.unmet) == {"test_deep_dive"}


def test_two_students_get_two_scenarios(bench: Bench, reference: Graded):
    other = bench.grade(PROOF.lab.solution, seed=reference.grade.run.seed + 1)
    chosen = [json.loads((run.folder / "artifacts" / "choice.json").read_text("utf-8")) for run in (reference, other)]
    assert other.unmet == {}
    assert chosen[0]["model_id"] != chosen[1]["model_id"]
