"""Lab 2.5.0: the solution earns everything, the starter nothing, and each wrong submission fails what it should."""

from pathlib import Path

import pytest

from grader.model.files import read_json
from grader.model.probe import ProbeRecord
from tests.functional.proof import LabTests, Proof
from tests.functional.strength import Bench, Graded, solve

PROOF = Proof(
    "2.5.0",
    cpu_seconds=30,
)

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("lab-2.5.0"), pytest.mark.timeout(300)]


class TestLab(LabTests):
    """What every lab has."""


def test_the_probe_cell_is_none_of_the_students(reference: Graded):
    record = read_json(reference.folder / "probes.json", ProbeRecord)
    assert len(record.probes) == len(PROOF.lab.probes)
    assert [cell.number for cell in reference.grade.run.cells] == list(range(1, 14))
    assert "__probes" not in (reference.folder / "executed.ipynb").read_text("utf-8")


def test_the_starter_is_told_what_is_missing(starter: Graded):
    assert starter.verdict("test_tensors").message == "Exercise 1 is not attempted yet."
    assert "no function `classify`" in starter.verdict("test_head").message


def test_half_of_the_exercises_earn_their_points(bench: Bench, tmp_path: Path):
    done = {f"exercise-{number}" for number in range(1, 5)}
    half = bench.grade(solve(PROOF.lab.starter, PROOF.lab.solution, done, tmp_path / "half.ipynb"), profile="smoke")
    assert half.grade.score == 45.0
    assert "Exercise 5" in half.grade.run.message
