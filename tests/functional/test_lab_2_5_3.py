"""Lab 2.5.3: the solution earns everything, the starter nothing, and each wrong submission fails what it should.

The smoke profile has all checks and an eighth of the rows: cases are judged on it, and the graded profile with
GRADER_TEST_SEEDS.
"""

from collections.abc import Sequence
from pathlib import Path

import pytest

from grader.validating import Case
from tests.functional.proof import LabTests, Proof
from tests.functional.strength import Bench, Graded, solve

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


def unlike_others(cases: Sequence[Case]) -> list[Case]:
    """Return the cases of a quick run."""
    return [case for case in cases if case.name not in LIKE_OTHERS]


PROOF = Proof(
    "2.5.3",
    cpu_seconds=90,
    score=110.0,
    profile="smoke",
    mistakes={
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
    },
    quick=unlike_others,
)

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("lab-2.5.3"), pytest.mark.timeout(300)]


class TestLab(LabTests):
    """What every lab has."""


def test_the_smoke_profile_runs_to_the_end_in_half_a_minute(reference: Graded):
    run = reference.grade.run
    assert run.status == "completed"
    assert run.wall_seconds < 90  # 20 s on an idle machine
    assert run.peak_memory_bytes < run.limits.memory_bytes / 2


def test_the_report_draws_the_memory_of_each_cell(reference: Graded):
    bars = reference.verdict("test_memory").plots[0].data["bars"]
    assert "cell 6" in {bar["name"] for bar in bars}


def test_the_first_exercises_earn_their_points(bench: Bench, tmp_path: Path):
    done = {f"exercise-{number}" for number in range(1, 6)}
    half = bench.grade(solve(PROOF.lab.starter, PROOF.lab.solution, done, tmp_path / "half.ipynb"), profile="smoke")
    assert half.grade.score == 15.0  # streaming, the rules, a function of batches
    assert "Exercise 6" in half.grade.run.message
