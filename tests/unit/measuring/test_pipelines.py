"""Demos are answered over files of our own, and nothing that a file of demos says makes us load or wait."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from grader.errors import InternalFault, SubmissionFault
from grader.hub.miniatures.build import ensure_repos
from grader.measuring import pipelines
from grader.measuring.inputs import MeasuringInputs
from grader.measuring.pipeline_tasks import TASKS
from grader.measuring.pipelines import pipeline_demos
from grader.model.artifact import ArtifactManifest
from grader.model.lab import MeasurementSpec

SENTIMENT = "distilbert/distilbert-base-uncased-finetuned-sst-2-english"
WORDS = "google-bert/bert-base-uncased"
SHAPES = "google/vit-base-patch16-224"
SPEECH = "openai/whisper-tiny"
PICTURE = [
    [[40, 180, 60] if 8 < row < 24 and 8 < column < 24 else [150] * 3 for column in range(32)] for row in range(32)
]
TEXTS = {
    "task": "text-classification",
    "model_id": SENTIMENT,
    "kwargs": {},
    "inputs": ["The plot was superb.", "The cast was dull."],
}

Ask = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def bases(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    names = [SENTIMENT, WORDS, SHAPES, SPEECH]
    found = ensure_repos(names, tmp_path_factory.mktemp("cache"), lambda build, share: None)
    return {repo.repo_id: repo.folder for repo in found}


@pytest.fixture
def ask(tmp_path: Path, bases: Mapping[str, Path]) -> Ask:
    def measure(*demos: Any) -> dict[str, Any]:
        (tmp_path / "demos.json").write_text(json.dumps({"demos": demos}), "utf-8")
        return _measure(tmp_path, bases)

    return measure


def _measure(folder: Path, bases: Mapping[str, Path]) -> dict[str, Any]:
    spec = MeasurementSpec("demos", "pipeline_demos", ("demos.json",), tuple(bases), (), {"rounds": 1})
    manifest = ArtifactManifest("run", (), (), 0, "")
    return pipeline_demos(spec, MeasuringInputs(folder, manifest, bases, folder, folder / "cache", 0, "cpu"))


def test_a_demo_gets_the_answers_of_its_model_and_a_time(ask: Ask):
    found = ask(TEXTS, {**TEXTS, "task": "sentiment-analysis"})
    (good, bad), again = found["demos"][0]["answers"], found["demos"][1]
    assert (good[0], bad[0]) == (["POSITIVE"], ["NEGATIVE"])
    assert found["demos"][0]["p50_ms"] > 0
    assert (again["task"], again["answers"]) == ("text-classification", [good, bad])
    assert found["batches"]["sizes"] == [1, 8, 32]
    assert min(found["batches"]["seconds"]) > 0


def test_pictures_and_sounds_are_answered(ask: Ask):
    seen = {"task": "image-classification", "model_id": SHAPES, "kwargs": {"top_k": 1}, "inputs": [PICTURE]}
    heard = {"task": "automatic-speech-recognition", "model_id": SPEECH, "kwargs": {}, "inputs": [[0, 900] * 4_000]}
    found = ask(seen, heard)
    assert [demo["problem"] for demo in found["demos"]] == ["", ""]
    assert found["demos"][0]["answers"][0][0] == ["square"]
    assert found["batches"] == {"sizes": [], "seconds": []}


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"task": "summarization"}, "no such pipeline"),
        ({"model_id": "somebody/else"}, "none that the lab's Hub holds"),
        ({"model_id": "../../../etc"}, "none that the lab's Hub holds"),
        ({"model_id": ["x"]}, "none that the lab's Hub holds"),
        ({"kwargs": {"trust_remote_code": True}}, "not offered"),
        ({"inputs": [{"text": "x"}]}, "input 1 is no text"),
        ({"task": "fill-mask", "model_id": WORDS}, "cannot take input 1: PipelineException"),
        ({"task": "feature-extraction", "model_id": WORDS, "inputs": ["long " * 3_000]}, "cannot take input 1"),
    ],
)
def test_a_demo_that_is_not_run_says_why_and_costs_the_others_nothing(ask: Ask, change: dict[str, Any], why: str):
    wrong, right = ask({**TEXTS, **change}, TEXTS)["demos"]
    assert why in wrong["problem"]
    assert wrong["answers"] == []
    assert right["problem"] == ""


def test_a_demo_that_is_no_object_has_a_problem(ask: Ask):
    assert "no object" in ask("x")["demos"][0]["problem"]


@pytest.mark.parametrize("content", ["[]", "{}", '{"demos": 5}', json.dumps({"demos": [TEXTS] * 13})])
def test_a_file_without_a_short_list_of_demos_is_the_students_fault(
    tmp_path: Path, bases: Mapping[str, Path], content: str
):
    (tmp_path / "demos.json").write_text(content, "utf-8")
    with pytest.raises(SubmissionFault, match="no list `demos`"):
        _measure(tmp_path, bases)


def test_a_model_of_ours_that_cannot_be_built_is_our_fault(tmp_path: Path):
    with pytest.raises(InternalFault, match="cannot be built"):
        pipelines.load("fill-mask", tmp_path, "cpu")


def test_a_pipeline_of_ours_that_always_fails_is_our_fault(bases: Mapping[str, Path]):
    pipe = pipelines.load("text-classification", bases[SENTIMENT], "cpu")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pipe.model, "forward", lambda **_: 1 / 0)
        with pytest.raises(InternalFault, match="fails"):
            pipelines.answers(TASKS["text-classification"], bases[SENTIMENT], {}, ["a film"], device="cpu")


def test_a_pipeline_is_built_once_in_a_process(bases: Mapping[str, Path]):
    first = pipelines.load("text-classification", bases[SENTIMENT], "cpu")
    assert pipelines.load("text-classification", bases[SENTIMENT], "cpu") is first
    assert not first.model.training
