"""Adapters and merged models, against peft."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch
from safetensors.torch import load_file, save_file

from grader.errors import SubmissionFault
from grader.measuring.merging import fitted
from grader.measuring.registry import measure
from tests.fakes import tiny_models
from tests.fakes.tiny_models import DATASET, spec_of
from tests.unit.measuring.conftest import Models

BASE = "google-bert/bert-base-uncased"
DATA = "hidden/data/reviews.parquet"
ADAPTER = spec_of("adapter", "adapter", bases=(BASE,))
ACCURACY = spec_of("adapter_accuracy", "adapter", bases=(BASE,), data=(DATA,), options={"max_length": 16})
MERGE = spec_of("merge_equivalence", "adapter", "merged", bases=(BASE,))
QUERY = "base_model.model.bert.encoder.layer.0.attention.self.query"


def rewritten(own: Models, change, folder: str = "adapter", name: str = "adapter_model.safetensors") -> Models:
    path = own.root / "artifacts" / folder / name
    save_file({key: tensor.contiguous() for key, tensor in change(load_file(path)).items()}, path)
    return own


def configured(own: Models, **fields: Any) -> Models:
    path = own.root / "artifacts/adapter/adapter_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | fields))
    return own


def code_and_message(spec, own: Models) -> tuple[str, str]:
    with pytest.raises(SubmissionFault) as caught:
        measure(spec, own.inputs)
    return caught.value.code, caught.value.message


def test_an_honest_adapter_is_counted_as_peft_counts(models: Models) -> None:
    peft_model = tiny_models.write_adapter(models.root / "again", models.base, models.family)
    trainable, total = peft_model.get_nb_trainable_parameters()

    found = measure(spec_of("adapter", "adapter", bases=(models.base_id,)), models.inputs)

    assert (found["trainable"], found["total"]) == (trainable, total)
    assert found["times_fewer"] == pytest.approx((total - trainable) / trainable)
    assert found["share"] == pytest.approx(trainable / total)
    assert (found["r"], found["alpha"], found["base_model"]) == (2, 8.0, models.base_id)
    assert found["target_modules"] == (["query", "value"] if models.family == "bert" else ["q_lin", "v_lin"])
    assert "classifier" in found["modules_to_save"]
    for nothing in ("unknown_targets", "missing", "misshaped", "unexpected", "zero_b"):
        assert found[nothing] == []
    assert found["finite"] is True


def test_accuracy_is_that_of_the_peft_model(models: Models) -> None:
    peft_model = tiny_models.write_adapter(models.root / "again", models.base, models.family)
    table = pq.read_table(models.root / "checks" / DATA).to_pydict()
    from transformers import PreTrainedTokenizerFast

    tokenizer = PreTrainedTokenizerFast(tokenizer_file=str(models.base / "tokenizer.json"), pad_token="[PAD]")
    with torch.inference_mode():
        batch = tokenizer(table["text"], truncation=True, max_length=16, padding=True, return_tensors="pt")
        logits = peft_model(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]).logits
    right = (logits.argmax(-1).numpy() == np.array(table["label"])).sum()

    spec = spec_of("adapter_accuracy", "adapter", bases=(models.base_id,), data=(DATA,), options={"max_length": 16})

    assert measure(spec, models.inputs)["correct"] == right


def test_an_honest_merge_is_equivalent(models: Models) -> None:
    spec = spec_of("merge_equivalence", "adapter", "merged", bases=(models.base_id, DATASET))

    found = measure(spec, models.inputs)

    assert found["relative_error"] < 1e-6
    assert (found["differing"], found["label_flips"], found["n"]) == ([], 0, 40)
    assert found["scale"] == pytest.approx(1.0, abs=1e-5)
    assert found["residual"] < 1e-5
    assert (found["is_base"], found["head_differs"]) == (False, False)


def test_without_texts_labels_are_compared_on_made_up_ones(own: Models) -> None:
    assert measure(MERGE, own.inputs)["n"] == 200


def test_an_alpha_that_was_edited_shows_as_a_scale(own: Models) -> None:
    configured(own, lora_alpha=16)

    found = measure(MERGE, own.inputs)

    assert found["scale"] == pytest.approx(0.5, abs=1e-4)
    assert found["residual"] < 1e-4
    assert found["relative_error"] > 0.01
    assert found["differing"] == sorted(
        f"bert.encoder.layer.{at}.attention.self.{name}.weight" for at in (0, 1) for name in ("query", "value")
    )


def test_a_merged_model_that_is_the_base_shows(own: Models) -> None:
    base = load_file(own.base / "model.safetensors")
    rewritten(
        own, lambda t: {name: base.get(name, tensor) for name, tensor in t.items()}, "merged", "model.safetensors"
    )

    found = measure(MERGE, own.inputs)

    assert (found["is_base"], found["scale"]) == (True, pytest.approx(0.0, abs=1e-6))


def test_another_model_in_place_of_the_merged_one_shows(own: Models) -> None:
    tiny_models.copy_of(own.root / "artifacts/model", own.root / "artifacts/merged")

    found = measure(MERGE, own.inputs)

    assert abs(found["scale"]) < 0.1
    assert found["residual"] > 0.05  # ten thousand times that of an honest merge
    assert found["head_differs"] is True
    assert len(found["differing"]) > 20


def test_rank_stabilised_scaling_is_followed(own: Models) -> None:
    configured(own, use_rslora=True)

    assert measure(MERGE, own.inputs)["scale"] == pytest.approx(2**-0.5, abs=1e-4)


def test_an_untrained_adapter_changes_nothing(own: Models) -> None:
    rewritten(own, lambda t: {name: tensor * (0 if "lora_B" in name else 1) for name, tensor in t.items()})

    assert len(measure(ADAPTER, own.inputs)["zero_b"]) == 4
    assert (measure(MERGE, own.inputs)["scale"], measure(MERGE, own.inputs)["residual"]) == (None, None)


def test_targets_that_the_base_does_not_have_are_named(own: Models) -> None:
    configured(own, target_modules=["q_proj", "query", "value"])

    assert measure(ADAPTER, own.inputs)["unknown_targets"] == ["q_proj"]


def test_targets_without_matrices_are_named(own: Models) -> None:
    configured(own, target_modules=["query", "value", "key"])

    assert measure(ADAPTER, own.inputs)["missing"] == [f"bert.encoder.layer.{at}.attention.self.key" for at in (0, 1)]


def test_a_pattern_of_targets_is_never_run(own: Models) -> None:
    configured(own, target_modules="(a+)+$")

    assert measure(ADAPTER, own.inputs)["target_modules"] == ["query", "value"]


def test_tensors_that_belong_to_no_adapter_are_named(own: Models) -> None:
    extra = {"base_model.model.bert.pooler.lora_A.weight": torch.zeros(2, 2), "classifier.weight": torch.zeros(1)}
    rewritten(own, lambda t: t | extra)

    assert measure(ADAPTER, own.inputs)["unexpected"] == sorted(extra)


def test_the_full_models_weights_are_no_adapter(own: Models) -> None:
    path = own.root / "artifacts/adapter/adapter_model.safetensors"
    path.write_bytes((own.root / "artifacts/model/model.safetensors").read_bytes())

    found = measure(ADAPTER, own.inputs)

    assert (found["trainable"], found["times_fewer"]) == (0, 0.0)
    assert len(found["unexpected"]) > 30
    assert code_and_message(MERGE, own)[0] == "GR315"


def test_names_of_peft_in_memory_are_understood(own: Models) -> None:
    rewritten(
        own,
        lambda t: {
            name.replace(".weight", ".default.weight")
            if "lora" in name
            else name.replace("classifier.", "classifier.modules_to_save.default."): tensor
            for name, tensor in t.items()
        },
    )

    assert measure(ADAPTER, own.inputs)["unexpected"] == []


def test_a_matrix_of_another_rank_is_misshaped(own: Models) -> None:
    configured(own, r=4)

    assert len(measure(ADAPTER, own.inputs)["misshaped"]) == 8


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda t: t | {f"{QUERY}.lora_A.weight": torch.zeros(2, 9)}, "the matrices of bert.encoder.layer.0"),
        (lambda t: t | {f"{QUERY}.lora_A.weight": torch.zeros(3, 16)}, "the matrices of bert.encoder.layer.0"),
        (lambda t: t | {f"{QUERY}.lora_A.weight": torch.zeros(2)}, "the matrices of bert.encoder.layer.0"),
        (lambda t: {n: x for n, x in t.items() if n != f"{QUERY}.lora_B.weight"}, "has only one of its two matrices"),
        (lambda t: {n: x for n, x in t.items() if "classifier" not in n}, "does not hold the trained head"),
        (lambda t: t | {"base_model.model.classifier.bias": torch.zeros(3)}, "does not have the shape of the base's"),
    ],
    ids=["width", "rank", "vector", "one-of-two", "no-head", "head-of-three"],
)
def test_an_adapter_that_does_not_fit_is_refused(own: Models, change, told: str) -> None:
    code, message = code_and_message(ACCURACY, rewritten(own, change))

    assert code == "GR315"
    assert told in message


def test_nan_is_refused(own: Models) -> None:
    rewritten(own, lambda t: {name: tensor * float("nan") for name, tensor in t.items()})

    assert measure(ADAPTER, own.inputs)["finite"] is False
    assert code_and_message(ACCURACY, own)[0] == "GR317"


def test_a_merged_model_with_nan_is_refused(own: Models) -> None:
    rewritten(own, lambda t: {n: x * float("nan") for n, x in t.items()}, "merged", "model.safetensors")

    assert code_and_message(MERGE, own) == ("GR317", "merged/model.safetensors holds NaN or infinity, for example in "
                                            "bert.embeddings.LayerNorm.bias.")  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"peft_type": "IA3"}, "`peft_type` is 'IA3', not 'LORA'"),
        ({"use_dora": True}, "it uses `use_dora`"),
        ({"rank_pattern": {"query": 4}}, "it uses `rank_pattern`"),
        ({"bias": "all"}, "it uses `bias`"),
        ({"r": 0}, "`r` is 0"),
        ({"r": 10**9}, "`r` is 1000000000"),
        ({"r": "8"}, "`r` is 8"),
        ({"lora_alpha": None}, "`lora_alpha` is None"),
        ({"lora_alpha": True}, "`lora_alpha` is True"),
        ({"lora_alpha": float("nan")}, "`lora_alpha` is nan"),
    ],
    ids=lambda value: "" if isinstance(value, str) else "-".join(value),
)
def test_a_configuration_of_another_kind_is_refused(own: Models, fields: dict[str, Any], told: str) -> None:
    code, message = code_and_message(ADAPTER, configured(own, **fields))

    assert code == "GR315"
    assert told in message


def test_a_configuration_without_names_is_read(own: Models) -> None:
    configured(own, base_model_name_or_path=None, revision="main", modules_to_save=None)

    found = measure(ADAPTER, own.inputs)

    assert (found["base_model"], found["revision"]) == ("", "main")


def test_a_configuration_that_is_a_list_is_refused(own: Models) -> None:
    (own.root / "artifacts/adapter/adapter_config.json").write_text("[]")

    assert code_and_message(ADAPTER, own)[0] == "GR315"


def test_a_base_that_lacks_a_tensor_is_ours(own: Models, tmp_path: Path) -> None:
    from grader.errors import InternalFault

    broken = tiny_models.copy_of(own.base, tmp_path / "broken")
    tensors = load_file(broken / "model.safetensors")
    save_file({name: x for name, x in tensors.items() if "pooler" not in name}, broken / "model.safetensors")
    inputs = tiny_models.inputs_for(own.root, {BASE: broken})

    with pytest.raises(InternalFault, match=r"The base has no tensor bert\.pooler"):
        measure(ACCURACY, inputs)


def test_matrices_that_the_merged_model_does_not_have_cannot_be_fitted() -> None:
    one = {"w": torch.ones(2, 2)}

    assert fitted({}, one, one, ["w"]) == (None, None)
    assert fitted({"w": torch.ones(3)}, one, {"w": torch.zeros(2, 2)}, ["w"]) == (None, None)


def test_detours_of_what_is_no_linear_layer_belong_to_no_adapter(own: Models) -> None:
    prefix = "base_model.model.bert.embeddings"
    extra = {
        f"{prefix}.word_embeddings.lora_A.weight": torch.zeros(2, 16),
        f"{prefix}.LayerNorm.lora_B.weight": torch.zeros(16, 2),
        f"{prefix}.LayerNorm.weight": torch.zeros(16),
    }
    rewritten(own, lambda t: t | extra)

    assert measure(ADAPTER, own.inputs)["unexpected"] == sorted(extra)
    assert measure(spec_of("training_memory", "adapter", bases=(BASE,)), own.inputs)["ratio"] > 1


def test_a_merged_model_beside_an_adapter_without_matrices_is_refused(own: Models) -> None:
    rewritten(own, lambda t: {name: tensor for name, tensor in t.items() if "lora" not in name})

    assert code_and_message(MERGE, own) == ("GR315", "adapter holds no LoRA matrices.")


def test_a_merged_model_without_a_tensor_is_refused(own: Models) -> None:
    rewritten(own, lambda t: {n: x for n, x in t.items() if "pooler" not in n}, "merged", "model.safetensors")

    assert "does not fit merged/config.json" in code_and_message(MERGE, own)[1]
