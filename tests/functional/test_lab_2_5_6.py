"""Lab 2.5.6: the solution earns everything, the starter nothing, and each wrong submission fails what it should."""

from pathlib import Path

import pytest

from grader.model.files import read_json
from grader.model.probe import ProbeRecord
from tests.functional.proof import LabTests, Proof
from tests.functional.strength import Bench, Graded, solve

BONUS = {"test_widget", "test_second_version"}
PROOF = Proof(
    "2.5.6",
    cpu_seconds=120,
    score=110.0,
    mistakes={
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
    },
    secret="aBcDeFgH1jKlMn",
)

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("lab-2.5.6"), pytest.mark.timeout(600)]


class TestLab(LabTests):
    """What every lab has."""


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


def test_the_starter_is_told_what_is_missing(starter: Graded):
    assert "pushed nothing" in starter.verdict("test_repository").message


def test_a_lab_done_up_to_the_push_lacks_the_release_and_the_bonus(bench: Bench, tmp_path: Path):
    done = {f"exercise-{number}" for number in (1, 2, 3, 5)}
    half = bench.grade(solve(PROOF.lab.starter, PROOF.lab.solution, done, tmp_path / "half.ipynb"), profile="smoke")
    assert "Exercise 6" in half.grade.run.message
    # so few steps of training do not make a model that does well on unseen reviews
    assert set(half.unmet) == {"test_release", "test_unseen_reviews"} | BONUS
    assert half.grade.score == 90.0
