"""Lab 2.5.6: the solution earns everything, the starter nothing, and each wrong submission fails what it should."""

import os
from pathlib import Path

import pytest

from grader.catalog import load_lab
from grader.model.files import read_json
from grader.model.probe import ProbeRecord
from grader.validating import Case, load_cases, misjudged
from tests.functional.strength import ROOT, Bench, Graded, judged, solve

LAB = load_lab(ROOT / "labs" / "module-2.5" / "lab-2.5.6.toml")
CASES = load_cases(LAB)
#: One case of each kind of failure; all of them are judged with GRADER_TEST_CASES=all.
JUDGED = judged(CASES[::-1])
SEEDS = os.environ.get("GRADER_TEST_SEEDS", "").split()
BONUS = {"test_widget", "test_second_version"}

#: The usual mistake that the feedback must name, by case.
MISTAKES = {
    "base-model-invented": "base-model-invented",
    "base-weights": "base-weights",
    "card-of-the-base-copied": "base-card-copied",
    "changelog-missing": "changelog-missing",
    "checkpoint-pushed": "junk-in-the-repository",
    "encoder-not-trained": "not-trained",
    "home-folder-in-the-config": "private-data-leaked",
    "labels-flipped": "labels-flipped",
    "labels-swapped": "labels-swapped",
    "licence-in-words": "licence-unknown",
    "licence-missing": "licence-missing",
    "metrics-raised": "metrics-raised",
    "older-commit": "older-commit",
    "placeholder-card": "placeholder-card",
    "private-repository": "private-repository",
    "procedure-untrue": "procedure-untrue",
    "repository-of-another-student": "other-repository",
    "results-of-another-data-set": "results-of-other-data",
    "second-version-no-better": "second-version-not-better",
    "snippet-of-another-model": "snippet-wrong-id",
    "tag-missing": "tag-missing",
    "token-in-the-card": "token-leaked",
    "token-printed": "token-leaked",
    "tokenizer-of-another-model": "tokenizer-mismatch",
    "trained-on-the-test-split": "test-leakage",
    "weights-pickled": "weights-pickled",
    "widget-untrue": "widget-untrue",
    "words-repeated": "words-repeated",
}

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("lab-2.5.6"), pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench("2.5.6", tmp_path_factory.mktemp("lab-2.5.6"))


@pytest.fixture(scope="module")
def reference(bench: Bench) -> Graded:
    return bench.grade(LAB.solution)


def test_the_reference_solution_earns_everything_and_the_whole_bonus(reference: Graded):
    assert reference.unmet == {}
    assert (reference.grade.score, reference.grade.possible) == (110.0, 100.0)


def test_the_reference_solution_stays_far_below_its_limits(reference: Graded):
    run = reference.grade.run
    assert run.status == "completed"
    assert run.cpu_seconds < 120  # 35 s, whatever else the machine does
    assert run.peak_memory_bytes < run.limits.memory_bytes / 2


def test_what_was_pushed_is_collected_from_the_hub_and_not_from_the_notebook(reference: Graded):
    pushed = reference.folder / "artifacts" / "pushed"
    assert {"README.md", "config.json", "model.safetensors", "tokenizer.json"} <= {
        path.name for path in pushed.iterdir()
    }
    older = reference.folder / "artifacts" / "first-version" / "model.safetensors"
    assert older.read_bytes() != (pushed / "model.safetensors").read_bytes()


def test_a_stranger_without_a_token_loads_the_model_and_follows_the_card(reference: Graded):
    (probe,) = read_json(reference.folder / "probes.json", ProbeRecord).probes
    (call,) = probe.calls
    assert call.error is None
    assert len(call.output["loaded"]["value"]) == len(call.inputs["texts"])
    assert {answer["label"] for answer in call.output["followed"]["value"]} == {"neg", "pos"}


def test_the_starter_earns_nothing_and_says_which_exercise_comes_first(bench: Bench):
    starter = bench.grade(LAB.starter, profile="smoke")
    assert starter.grade.score == 0.0
    assert (starter.grade.run.status, starter.grade.run.code) == ("not attempted", "GR410")
    assert "Exercise 1" in starter.grade.run.message
    assert "pushed nothing" in starter.verdict("test_repository").message


def test_a_lab_done_up_to_the_push_lacks_the_release_and_the_bonus(bench: Bench, tmp_path: Path):
    done = {f"exercise-{number}" for number in (1, 2, 3, 5)}
    half = bench.grade(solve(LAB.starter, LAB.solution, done, tmp_path / "half.ipynb"), profile="smoke")
    assert "Exercise 6" in half.grade.run.message
    # so few steps of training do not make a model that does well on unseen reviews
    assert set(half.unmet) == {"test_release", "test_unseen_reviews"} | BONUS
    assert half.grade.score == 90.0


@pytest.mark.parametrize("case", JUDGED, ids=lambda case: case.name)
def test_a_case_fails_exactly_what_it_should(bench: Bench, reference: Graded, case: Case):
    graded = bench.judge(case, reference)
    assert misjudged(case, graded.grade.verdicts) == []
    if case.name in MISTAKES:
        assert MISTAKES[case.name] in {verdict.mistake for verdict in graded.grade.verdicts}
    assert "aBcDeFgH1jKlMn" not in (graded.folder / "verdicts.json").read_text("utf-8")  # no message repeats a secret


def test_every_check_has_a_case_that_it_catches(reference: Graded):
    caught = {name for case in JUDGED for name in case.fails}
    assert caught == {verdict.check.id for verdict in reference.grade.verdicts}


@pytest.mark.skipif(not SEEDS, reason="set GRADER_TEST_SEEDS='1 2 3' to prove the reference under more seeds")
@pytest.mark.parametrize("seed", SEEDS)
def test_the_reference_solution_earns_everything_under_other_seeds(bench: Bench, seed: str):
    graded = bench.grade(LAB.solution, seed=int(seed))
    assert graded.unmet == {}
    assert graded.grade.score == 110.0
