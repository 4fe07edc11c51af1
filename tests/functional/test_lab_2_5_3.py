"""Lab 2.5.3: the solution earns everything, the starter nothing, and each wrong submission fails what it should.

The smoke profile has all checks and an eighth of the rows: cases are judged on it, and the graded profile with
GRADER_TEST_SEEDS.
"""

import os
from pathlib import Path

import pytest

from grader.catalog import load_lab
from grader.validating import Case, load_cases, misjudged
from tests.functional.strength import ROOT, Bench, Graded, solve

LAB = load_lab(ROOT / "labs" / "module-2.5" / "lab-2.5.3.toml")
CASES = load_cases(LAB)
SEEDS = os.environ.get("GRADER_TEST_SEEDS", "").split()

#: The usual mistake that the feedback must name, by case.
MISTAKES = {
    "accents-lost": "characters-lost",
    "cut-at-32": "cut-too-short",
    "duplicates-across-splits": "test-leaks-into-train",
    "duplicates-left": "duplicates-left",
    "function-pads": "stored-padded",
    "ids-renumbered": "ids-renumbered",
    "labels-flipped": "labels-flipped",
    "labels-sorted": "columns-out-of-step",
    "last-batch-lost": "last-batch-lost",
    "list-of-all-rows": "rows-in-memory",
    "lower-cased": "lower-cased",
    "not-streamed": "not-streamed",
    "padded": "stored-padded",
    "row-by-row": "slow-dataset",
    "shard-forgotten": "shard-forgotten",
    "shard-written-twice": "shard-written-twice",
    "stats-of-raw": "numbers-of-another-version",
    "streamed-to-the-end": "streamed-to-the-end",
    "tokenizer-of-another-model": "tokenizer-mismatch",
}
#: Cases that a quick run of the tests leaves out: another one fails the same checks for a like reason.
LIKE_OTHERS = frozenset(
    {
        "accents-lost",
        "calls-row-by-row",
        "cut-at-32",
        "drops-unaccounted",
        "empty-cells",
        "entities-left",
        "harmless-line-endings",
        "harmless-small-labels",
        "labels-as-float",
        "labels-flipped",
        "limit-off-by-one",
        "map-from-the-cache",
        "mask-wrong",
        "only-the-first-text",
        "padded-to-512",
        "padding-of-another-student",
        "padding-counts-rows",
        "percentiles-exchanged",
        "preview-of-another-student",
        "preview-short",
        "processed-missing",
        "reasons-in-another-order",
        "shard-truncated",
        "special-tokens-forgotten",
        "stats-missing",
        "timing-of-another-student",
        "tokenizer-in-the-loop",
        "tokens-as-text",
        "truncation-forgotten",
        "word-labels-dropped",
    }
)
JUDGED = [case for case in CASES if os.environ.get("GRADER_TEST_CASES") == "all" or case.name not in LIKE_OTHERS]

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("lab-2.5.3"), pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    # a short name: sockets below it, of processes that map rows side by side, have names of at most 107 bytes
    return Bench("2.5.3", tmp_path_factory.mktemp("l"))


@pytest.fixture(scope="module")
def reference(bench: Bench) -> Graded:
    return bench.grade(LAB.solution, profile="smoke")


def test_the_reference_solution_earns_everything_and_the_bonus(reference: Graded):
    assert reference.unmet == {}
    assert (reference.grade.score, reference.grade.possible) == (110.0, 100.0)


def test_the_smoke_profile_runs_to_the_end_in_half_a_minute(reference: Graded):
    run = reference.grade.run
    assert run.status == "completed"
    assert run.wall_seconds < 90  # 20 s on an idle machine
    assert run.peak_memory_bytes < run.limits.memory_bytes / 2


def test_the_report_draws_the_memory_of_each_cell(reference: Graded):
    bars = reference.verdict("test_memory").plots[0].data["bars"]
    assert "cell 6" in {bar["name"] for bar in bars}


def test_the_starter_earns_nothing_and_says_which_exercise_comes_first(bench: Bench):
    starter = bench.grade(LAB.starter, profile="smoke")
    assert starter.grade.score == 0.0
    assert (starter.grade.run.status, starter.grade.run.code) == ("not attempted", "GR410")
    assert "Exercise 1" in starter.grade.run.message


def test_the_first_exercises_earn_their_points(bench: Bench, tmp_path: Path):
    done = {f"exercise-{number}" for number in range(1, 6)}
    half = bench.grade(solve(LAB.starter, LAB.solution, done, tmp_path / "half.ipynb"), profile="smoke")
    assert half.grade.score == 15.0  # streaming, the rules, a function of batches
    assert "Exercise 6" in half.grade.run.message


@pytest.mark.parametrize("case", JUDGED, ids=lambda case: case.name)
def test_a_case_fails_exactly_what_it_should(bench: Bench, reference: Graded, case: Case):
    graded = bench.judge(case, reference)
    assert misjudged(case, graded.grade.verdicts) == []
    if case.name in MISTAKES:
        assert MISTAKES[case.name] in {verdict.mistake for verdict in graded.grade.verdicts}


def test_every_check_has_a_case_that_it_catches(reference: Graded):
    caught = {name for case in JUDGED for name in case.fails}
    assert caught == {verdict.check.id for verdict in reference.grade.verdicts}


@pytest.mark.skipif(not SEEDS, reason="set GRADER_TEST_SEEDS='1 2 3' to prove the graded profile under more seeds")
@pytest.mark.parametrize("seed", SEEDS)
def test_the_reference_solution_earns_everything_in_the_graded_profile(bench: Bench, seed: str):
    graded = bench.grade(LAB.solution, seed=int(seed))
    assert graded.unmet == {}
    assert graded.grade.score == 110.0
