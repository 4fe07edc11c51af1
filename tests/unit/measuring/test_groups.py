"""Measurements made together are those that each run's own judging makes, and one bad model costs nobody else."""

import json
import math
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from grader.measuring import groups
from grader.measuring.asked import Asked
from grader.measuring.evaluating import Room
from grader.measuring.gathering import gather
from grader.measuring.groups import measure_groups
from grader.measuring.inputs import MeasuringInputs
from grader.measuring.registry import key_of, measure
from grader.measuring.together import Trial
from tests.fakes import tiny_models
from tests.fakes.judged import manifest_of
from tests.fakes.tiny_models import DATASET, spec_of

ROOM = Room(2**28, 2**28)
HIDDEN = {"data": ("hidden/data/reviews.parquet",), "options": {"max_length": 12}}


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """Bases and data that all runs share; do not write there."""
    root = tmp_path_factory.mktemp("course")
    for family in ("bert", "distilbert"):
        tiny_models.write_base(root / family, family)
    tiny_models.write_reviews(root / "checks/hidden/data/reviews.parquet")
    tiny_models.write_reviews(root / "imdb/plain_text/test-00000-of-00001.parquet", 300)
    return root


def run_of(course: Path, place: Path, family: str = "bert", number: int = 0) -> MeasuringInputs:
    """A run whose model and adapter are its own."""
    model = tiny_models.fine_tuned(course / family, family, scale=0.1 * (number + 1))
    tiny_models.write_model(place / "artifacts/model", model)
    tiny_models.write_adapter(place / "artifacts", course / family, family, rank=2 + number)
    return inputs_of(course, place, family)


def inputs_of(course: Path, place: Path, family: str = "bert") -> MeasuringInputs:
    bases = {tiny_models.SIZES[family]: course / family, DATASET: course / "imdb"}
    artifacts = place / "artifacts"
    return MeasuringInputs(artifacts, manifest_of(artifacts), bases, course / "checks", place / "cache", 7, "cpu")


def specs(family: str = "bert"):
    base = tiny_models.SIZES[family]
    return [
        spec_of("classifier_accuracy", "model", bases=(DATASET,)),
        spec_of("classifier_predictions", "model", bases=(DATASET,)),
        spec_of("classifier_accuracy", "model", **HIDDEN),
        spec_of("adapter_accuracy", "adapter", bases=(base, DATASET), options={"max_length": 12}),
        spec_of("adapter_accuracy", "adapter", **HIDDEN, bases=(base,)),
    ]


def asked_of(inputs, wanted):
    return [Asked(key_of(spec, inputs), spec, inputs) for spec in wanted]


def together(asked, when="always", room=ROOM):
    """The values by key, and what became of the models."""
    values = {}
    parts = list(measure_groups(asked, when, room, values.__setitem__))
    return values, parts


def near(value, other):
    """Whether two measurements are the same within the tolerance of a logit."""
    if isinstance(value, dict):
        return value.keys() == other.keys() and all(near(value[name], other[name]) for name in value)
    if isinstance(value, list):
        return len(value) == len(other) and all(map(near, value, other))
    return math.isclose(value, other, abs_tol=2e-4) if isinstance(value, float) else value == other


@pytest.mark.parametrize("family", ["bert", "distilbert"])
def test_what_is_measured_together_is_what_each_run_measures_alone(course, tmp_path, family):
    runs = [run_of(course, tmp_path / str(number), family, number) for number in range(3)]
    asked = [one for inputs in runs for one in asked_of(inputs, specs(family))]

    values, parts = together(asked)

    assert [
        (part.kind, part.models, part.texts, part.why) for part in sorted(parts, key=lambda one: -len(one.kind))
    ] == [
        ("checkpoints", 3, 360, ""),
        ("adapters", 3, 360, ""),
    ]
    assert all(part.seconds > 0 and part.one_by_one_seconds > 0 for part in parts)
    assert values.keys() == {one.key for one in asked}
    alone = {one.key: measure(one.spec, one.inputs) for one in asked}
    assert all(near(values[key], alone[key]) for key in values)
    # the runs differ, so nobody was given the values of somebody else
    answers = [alone[one.key]["margins"] for one in asked if one.spec.measure == "classifier_predictions"]
    assert not near(answers[0], answers[1])
    assert not near(answers[1], answers[2])


def test_texts_and_models_in_small_portions_give_the_same(course, tmp_path):
    runs = [run_of(course, tmp_path / str(number), number=number) for number in range(4)]
    asked = [one for inputs in runs for one in asked_of(inputs, specs()[:2])]
    whole, (part,) = together(asked)
    bytes_of_one = 4 * sum(
        tensor.numel() for tensor in load_file(runs[0].artifacts / "model/model.safetensors").values()
    )

    values, parts = together(asked, room=Room(2 * bytes_of_one, 2**20))

    assert (part.models, [one.models for one in parts]) == (4, [2, 2])
    assert near(values, whole)


def test_models_that_do_not_fit_into_the_memory_are_left(course, tmp_path):
    asked = [one for number in range(2) for one in asked_of(run_of(course, tmp_path / str(number)), specs()[:1])]

    values, (part,) = together(asked, room=Room(10, 10))

    assert (values, part.models) == ({}, 0)
    assert "too large" in part.why


def nan(place):
    tensors = load_file(place / "model.safetensors")
    tensors["classifier.weight"][0, 0] = math.nan
    save_file(tensors, place / "model.safetensors", {"format": "pt"})


def overflow(place):
    tensors = load_file(place / "model.safetensors")
    tensors["classifier.weight"] = torch.full_like(tensors["classifier.weight"], 3e38)
    save_file(tensors, place / "model.safetensors", {"format": "pt"})


def pickle(place):
    torch.save({"x": torch.ones(2)}, place / "model.safetensors")


def another_shape(place):
    tensors = load_file(place / "model.safetensors")
    tensors["classifier.weight"] = torch.ones(2, 17)
    save_file(tensors, place / "model.safetensors", {"format": "pt"})


def remote_code(place):
    config = json.loads((place / "config.json").read_text())
    (place / "config.json").write_text(json.dumps({**config, "auto_map": {"AutoModel": "evil.Evil"}}))


def without_tokenizer(place):
    (place / "tokenizer.json").unlink()


def another_tokenizer(place):
    tiny_models.write_tokenizer(place, lowercase=False)


def without_weights(place):
    (place / "model.safetensors").unlink()


@pytest.mark.parametrize(
    "damage",
    [nan, overflow, pickle, another_shape, remote_code, without_tokenizer, another_tokenizer, without_weights],
    ids=lambda damage: damage.__name__,
)
def test_a_model_that_cannot_be_measured_costs_nobody_else(course, tmp_path, damage):
    for number in range(3):
        run_of(course, tmp_path / str(number), number=number)
    damage(tmp_path / "1/artifacts/model")
    runs = [inputs_of(course, tmp_path / str(number)) for number in range(3)]
    asked = [asked_of(inputs, specs()[:3]) for inputs in runs]

    values, parts = together([one for group in asked for one in group])

    assert values.keys() == {one.key for group in (asked[0], asked[2]) for one in group}
    assert all(near(values[one.key], measure(one.spec, one.inputs)) for group in (asked[0], asked[2]) for one in group)
    assert [part.why for part in parts] == [""]


def test_an_adapter_that_does_not_fit_costs_nobody_else(course, tmp_path):
    for number in range(3):
        run_of(course, tmp_path / str(number), number=number)
    place = tmp_path / "0/artifacts/adapter/adapter_model.safetensors"
    tensors = load_file(place)
    name = next(name for name in tensors if "lora_A" in name)
    save_file({**tensors, name: tensors[name][:, :-1].contiguous()}, place)
    asked = [asked_of(inputs_of(course, tmp_path / str(number)), specs()[3:]) for number in range(3)]

    values, (part,) = together([one for group in asked for one in group])

    assert (part.kind, part.models, part.why) == ("adapters", 2, "")
    assert values.keys() == {one.key for group in asked[1:] for one in group}
    assert all(near(values[one.key], measure(one.spec, one.inputs)) for group in asked[1:] for one in group)


def test_a_single_model_and_models_that_are_not_alike_are_left(course, tmp_path):
    runs = [run_of(course, tmp_path / family, family) for family in ("bert", "distilbert")]
    asked = [one for inputs in runs for one in asked_of(inputs, specs()[:1])]

    assert together(asked) == ({}, [])


def test_two_models_of_which_one_is_broken_are_left(course, tmp_path):
    for number in range(2):
        run_of(course, tmp_path / str(number), number=number)
    nan(tmp_path / "0/artifacts/model")
    asked = [one for number in range(2) for one in asked_of(inputs_of(course, tmp_path / str(number)), specs()[:1])]

    values, (part,) = together(asked)

    assert (values, part.models, part.why) == ({}, 0, "fewer than two could be loaded")


@pytest.mark.parametrize(("faster", "measured"), [(True, 2), (False, 0)])
def test_a_trial_decides_unless_it_is_always(course, tmp_path, monkeypatch, faster, measured):
    asked = [
        one
        for number in range(2)
        for one in asked_of(run_of(course, tmp_path / str(number), number=number), specs()[:1])
    ]
    trial = Trial(2.0, 1.0 if faster else 3.0, 1000)
    monkeypatch.setattr("grader.measuring.evaluating.try_both", lambda *_: trial)

    values, (part,) = together(asked, "auto")

    assert (len(values), part.models) == (measured, measured)
    assert ("one after the other is faster here" in part.why) is not faster
    assert len(together(asked, "always")[0]) == 2


def test_what_is_slower_for_some_is_not_tried_with_the_others(course, tmp_path, monkeypatch):
    runs = [run_of(course, tmp_path / str(number), number=number) for number in range(4)]
    asked = [one for inputs in runs for one in asked_of(inputs, specs()[:1])]
    tried = []
    monkeypatch.setattr("grader.measuring.evaluating.try_both", lambda *_: tried.append(1) or Trial(1.0, 2.0, 10))
    monkeypatch.setattr(groups, "MODELS", 2)

    assert [part.models for part in together(asked, "auto")[1]] == [0]
    assert tried == [1]


def test_the_key_changes_with_the_code_that_measures_together(course, tmp_path):
    from grader.measuring.cache import cache_key

    inputs = run_of(course, tmp_path)
    spec = specs()[0]

    assert key_of(spec, inputs) == cache_key(spec, "grader.measuring.groups", inputs)
    assert key_of(spec, inputs) != cache_key(spec, "grader.measuring.classifiers", inputs)


def test_one_model_alone_is_not_gathered(course, tmp_path):
    one = asked_of(run_of(course, tmp_path), specs()[3:4])

    assert gather(one * 2, "cpu").members == (0, 1)
    with pytest.raises(ValueError, match="fewer than two"):
        gather(one, "cpu")
