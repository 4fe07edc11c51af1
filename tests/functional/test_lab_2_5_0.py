"""Lab 2.5.0: the solution earns everything, the starter nothing, and each wrong submission fails what it should."""

import os
from pathlib import Path

import pytest

from grader.catalog import load_lab
from grader.model.files import read_json
from grader.model.probe import ProbeRecord
from grader.validating import Case, load_cases
from tests.functional.strength import ROOT, Bench, Graded, judged, solve

LAB = load_lab(ROOT / "labs" / "module-2.5" / "lab-2.5.0.toml")
CASES = load_cases(LAB)
#: One case of each kind of failure; all of them are judged with GRADER_TEST_CASES=all.
JUDGED = judged(CASES[::-1])
SEEDS = os.environ.get("GRADER_TEST_SEEDS", "").split()

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("lab-2.5.0"), pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench("2.5.0", tmp_path_factory.mktemp("lab-2.5.0"))


@pytest.fixture(scope="module")
def reference(bench: Bench) -> Graded:
    return bench.grade(LAB.solution)


def test_the_reference_solution_earns_everything(reference: Graded):
    assert reference.unmet == {}
    assert (reference.grade.score, reference.grade.possible) == (100.0, 100.0)


def test_the_reference_solution_stays_far_below_its_limits(reference: Graded):
    run = reference.grade.run
    assert run.status == "completed"
    assert run.wall_seconds < 60  # 10 s on an idle machine
    assert run.peak_memory_bytes < run.limits.memory_bytes / 2


def test_the_probe_cell_is_none_of_the_students(reference: Graded):
    record = read_json(reference.folder / "probes.json", ProbeRecord)
    assert len(record.probes) == len(LAB.probes)
    assert [cell.number for cell in reference.grade.run.cells] == list(range(1, 14))
    assert "__probes" not in (reference.folder / "executed.ipynb").read_text("utf-8")


def test_the_starter_earns_nothing_and_says_which_exercise_comes_first(bench: Bench):
    starter = bench.grade(LAB.starter)
    assert starter.grade.score == 0.0
    assert (starter.grade.run.status, starter.grade.run.code) == ("not attempted", "GR410")
    assert "Exercise 1" in starter.grade.run.message
    assert starter.verdict("test_tensors").message == "Exercise 1 is not attempted yet."
    assert "no function `classify`" in starter.verdict("test_head").message


def test_half_of_the_exercises_earn_their_points(bench: Bench, tmp_path: Path):
    done = {f"exercise-{number}" for number in range(1, 5)}
    half = bench.grade(solve(LAB.starter, LAB.solution, done, tmp_path / "half.ipynb"), profile="smoke")
    assert half.grade.score == 45.0
    assert "Exercise 5" in half.grade.run.message


@pytest.mark.parametrize("case", JUDGED, ids=lambda case: case.name)
def test_a_case_fails_exactly_what_it_should(bench: Bench, reference: Graded, case: Case):
    assert bench.misjudged(case, reference) == []


def test_every_check_has_a_case_that_it_catches(reference: Graded):
    caught = {name for case in JUDGED for name in case.fails}
    assert caught == {verdict.check.id for verdict in reference.grade.verdicts}


@pytest.mark.skipif(not SEEDS, reason="set GRADER_TEST_SEEDS='1 2 3' to prove the reference under more seeds")
@pytest.mark.parametrize("seed", SEEDS)
def test_the_reference_solution_earns_everything_under_other_seeds(bench: Bench, seed: str):
    graded = bench.grade(LAB.solution, seed=int(seed))
    assert graded.unmet == {}
    assert graded.grade.score == 100.0
