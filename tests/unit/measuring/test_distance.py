"""How far a saved model lies from its base."""

import shutil

import pytest
import torch
from safetensors.torch import load_file, save_file

from grader.errors import SubmissionFault
from grader.measuring.registry import measure
from tests.fakes.tiny_models import spec_of
from tests.unit.measuring.conftest import Models

BASE = "google-bert/bert-base-uncased"
SPEC = spec_of("distance_from_base", "model", bases=(BASE,))


def changed(own: Models, change) -> Models:
    path = own.root / "artifacts/model/model.safetensors"
    base = load_file(own.base / "model.safetensors")
    tensors = {name: base.get(name, tensor) for name, tensor in load_file(path).items()}
    save_file({name: tensor.contiguous() for name, tensor in change(tensors).items()}, path)
    return own


def test_a_trained_model_has_moved(models: Models) -> None:
    found = measure(spec_of("distance_from_base", "model", bases=(models.base_id,)), models.inputs)

    assert 0.1 < found["relative_l2"] < 2
    assert (found["unchanged"], found["missing"], found["head_only"]) == ([], [], False)


def test_the_distance_is_relative_to_the_base(own: Models) -> None:
    changed(own, lambda t: {name: 1.5 * tensor for name, tensor in t.items()})

    assert measure(SPEC, own.inputs)["relative_l2"] == pytest.approx(0.5)


def test_an_untouched_encoder_is_head_only(own: Models) -> None:
    changed(own, lambda t: t | {"classifier.weight": torch.ones(2, 16)})

    found = measure(SPEC, own.inputs)

    assert (found["relative_l2"], found["head_only"]) == (0.0, True)
    assert len(found["unchanged"]) == found["compared"]


def test_an_untouched_encoder_in_float16_is_still_head_only(own: Models) -> None:
    changed(own, lambda t: {name: tensor.half() for name, tensor in t.items()})

    assert measure(SPEC, own.inputs)["head_only"] is True


def test_a_bare_encoder_is_compared_too(own: Models) -> None:
    changed(
        own, lambda t: {name.removeprefix("bert."): tensor for name, tensor in t.items() if name.startswith("bert.")}
    )

    assert measure(SPEC, own.inputs)["head_only"] is True


def test_tensors_that_are_not_there_are_named(own: Models) -> None:
    changed(own, lambda t: {name: tensor for name, tensor in t.items() if "pooler" not in name})

    assert measure(SPEC, own.inputs)["missing"] == ["pooler.dense.bias", "pooler.dense.weight"]


def test_nan_is_refused(own: Models) -> None:
    changed(own, lambda t: t | {"bert.pooler.dense.bias": torch.full((16,), float("nan"))})

    with pytest.raises(SubmissionFault) as caught:
        measure(SPEC, own.inputs)

    assert caught.value.code == "GR317"


def test_another_model_altogether_is_refused(own: Models) -> None:
    changed(own, lambda t: {"weights": torch.zeros(3)})

    with pytest.raises(SubmissionFault, match=r"No tensor of model/model.safetensors has the name and shape"):
        measure(SPEC, own.inputs)


def test_checkpoints_are_compared_one_by_one(own: Models) -> None:
    changed(own, lambda t: {name: 1.5 * tensor for name, tensor in t.items()})
    artifacts = own.root / "artifacts"
    for name in ("checkpoint-1", "checkpoint-2", "notes"):
        (artifacts / "checkpoints" / name).mkdir(parents=True)
    shutil.copy(own.base / "model.safetensors", artifacts / "checkpoints/checkpoint-1")
    shutil.copy(artifacts / "model/model.safetensors", artifacts / "checkpoints/checkpoint-2")

    found = measure(spec_of("checkpoint_distances", "checkpoints", bases=(BASE,)), own.inputs)

    assert {name: round(one["relative_l2"], 6) for name, one in found.items()} == {
        "checkpoint-1": 0.0,
        "checkpoint-2": 0.5,
    }
