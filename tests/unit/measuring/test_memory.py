"""Bytes of training, counted from shapes and measured in storages."""

import warnings

import pytest
import torch
from torch import nn

from grader.errors import InternalFault, SubmissionFault
from grader.measuring.live_memory import step_memory, storage_bytes
from grader.measuring.lora_layers import add_lora
from grader.measuring.registry import measure
from tests.fakes.tiny_models import spec_of
from tests.unit.measuring.conftest import Models

BASE = "google-bert/bert-base-uncased"
MEMORY = spec_of("training_memory", "adapter", bases=(BASE,), options={"batch": 4, "length": 8})
LLAMA_1B = {
    "vocab_size": 128256,
    "hidden_size": 2048,
    "intermediate_size": 8192,
    "num_hidden_layers": 16,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "tie_word_embeddings": True,
}
LLAMA_8B = LLAMA_1B | {
    "hidden_size": 4096,
    "intermediate_size": 14336,
    "num_hidden_layers": 32,
    "tie_word_embeddings": False,
}


def reference() -> nn.Module:
    """BERT with 1.08 million parameters, of which the memory was measured with torch's own tools."""
    from transformers import BertConfig, BertForSequenceClassification

    sizes = {"hidden_size": 128, "num_hidden_layers": 4, "num_attention_heads": 4, "intermediate_size": 512}
    return BertForSequenceClassification(BertConfig(vocab_size=2000, max_position_embeddings=128, **sizes))


def batch() -> dict[str, torch.Tensor]:
    tokens = torch.arange(16 * 64).reshape(16, 64) % 2000
    return {"input_ids": tokens, "attention_mask": torch.ones_like(tokens), "labels": torch.arange(16) % 2}


def test_full_fine_tuning_agrees_with_torchs_memory_tracker_to_the_byte() -> None:
    found = step_memory(reference(), batch())

    assert (found.weights, found.gradients, found.optimizer, found.optimizer_steps) == (4333064, 4331016, 8662032, 292)
    assert found.peak == 66_886_092  # MemTracker of torch 2.13


def test_lora_agrees_with_peft_to_the_byte() -> None:
    from peft import LoraConfig, get_peft_model

    config = LoraConfig(task_type="SEQ_CLS", r=8, lora_alpha=16, target_modules=["query", "value"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = step_memory(get_peft_model(reference(), config), batch())
    model = reference()
    modules = tuple(f"bert.encoder.layer.{at}.attention.self.{name}" for at in range(4) for name in ("query", "value"))
    add_lora(model, modules, ("classifier",), 8, 2.0)
    ours = step_memory(model, batch())

    assert ours == theirs
    assert ours.peak == 45_771_496


def test_a_layer_that_is_not_linear_gets_no_detour() -> None:
    with pytest.raises(TypeError, match="0 is no linear layer"):
        add_lora(nn.Sequential(nn.LayerNorm(3)), ("0",), (), 2, 1.0)


def test_one_storage_counts_once() -> None:
    tensor = torch.zeros(10)

    assert storage_bytes([tensor, tensor[:5], torch.zeros(2)]) == 48


def test_both_ways_are_measured(models: Models) -> None:
    spec = spec_of("training_memory", "adapter", bases=(models.base_id,), options={"batch": 4, "length": 8})

    found = measure(spec, models.inputs)
    again = measure(
        spec_of("training_memory", "adapter", bases=(models.base_id,), options={"batch": 4, "length": 9}), models.inputs
    )

    assert found["ratio"] == found["full"]["peak"] / found["lora"]["peak"]
    assert found["ratio"] > 1.2
    for way in ("full", "lora"):
        side = found[way]
        assert side["parts"] == side["weights"] + side["gradients"] + side["optimizer"] + side["activations"]
        assert side["optimizer"] == 2 * side["gradients"]
        assert again[way]["peak"] > side["peak"]


def test_an_adapter_without_matrices_is_refused(own: Models) -> None:
    path = own.root / "artifacts/adapter/adapter_model.safetensors"
    path.write_bytes((own.root / "artifacts/model/model.safetensors").read_bytes())

    with pytest.raises(SubmissionFault, match="holds no LoRA matrices"):
        measure(MEMORY, own.inputs)


def test_bytes_are_counted_from_shapes(models: Models) -> None:
    adapter = measure(spec_of("adapter", "adapter", bases=(models.base_id,)), models.inputs)

    found = measure(spec_of("byte_accounting", "adapter", bases=(models.base_id,)), models.inputs)

    full, lora = found["full"], found["lora"]
    assert full["trainable"] == full["total"] == adapter["full"]
    assert full["state"] == 16 * full["total"]
    assert (lora["trainable"], lora["total"]) == (adapter["trainable"], adapter["total"])
    assert lora["weights"] == 4 * lora["total"]
    assert lora["gradients"] == 4 * lora["trainable"]
    assert lora["optimizer"] == 8 * lora["trainable"]
    assert lora["state"] == 4 * lora["total"] + 12 * lora["trainable"]
    assert lora["optimizer_with_steps"] - lora["optimizer"] == 4 * (8 + (2 if models.family == "bert" else 4))


def test_counted_and_measured_bytes_are_the_same(models: Models) -> None:
    counted = measure(spec_of("byte_accounting", "adapter", bases=(models.base_id,)), models.inputs)
    measured = measure(spec_of("training_memory", "adapter", bases=(models.base_id,)), models.inputs)

    for way in ("full", "lora"):
        assert counted[way]["gradients"] == measured[way]["gradients"]
        assert counted[way]["optimizer"] == measured[way]["optimizer"]
        buffers = measured[way]["weights"] - counted[way]["weights"]
        assert buffers == 32 * 8 * (2 if models.family == "bert" else 1)


def test_large_models_are_predicted_from_their_published_sizes(models: Models) -> None:
    options = {"configs": {"1B": LLAMA_1B, "8B": LLAMA_8B}, "rank": 16}

    found = measure(spec_of("extrapolation", options=options), models.inputs)

    assert found["1B"]["parameters"] == 1_235_814_400
    assert found["8B"]["parameters"] == 8_030_261_248
    assert found["8B"]["full"] == 16 * 8_030_261_248
    assert found["1B"]["full_without_optimizer"] == 8 * 1_235_814_400
    assert found["8B"]["trainable"] == 32 * 16 * (4 * 4096 + 2 * (4096 + 1024))
    assert found["8B"]["lora"] == 4 * (8_030_261_248 + found["8B"]["trainable"]) + 12 * found["8B"]["trainable"]


def test_the_prediction_counts_as_peft_does_on_the_meta_device(models: Models) -> None:
    from peft import LoraConfig, get_peft_model
    from transformers import LlamaConfig, LlamaForCausalLM

    targets = ["q_proj", "k_proj", "gate_proj", "down_proj"]
    small = LLAMA_8B | {
        "num_hidden_layers": 2,
        "vocab_size": 100,
        "hidden_size": 64,
        "intermediate_size": 96,
        "head_dim": 4,
    }
    with warnings.catch_warnings(), torch.device("meta"):
        warnings.simplefilter("ignore")
        model = LlamaForCausalLM(LlamaConfig(**small))
        adapted = get_peft_model(model, LoraConfig(task_type="CAUSAL_LM", r=4, target_modules=targets))
    trainable, total = adapted.get_nb_trainable_parameters()

    options = {"configs": {"small": small}, "rank": 4, "target_modules": targets}
    found = measure(spec_of("extrapolation", options=options), models.inputs)["small"]

    assert (found["trainable"], found["parameters"]) == (trainable, total - trainable)


@pytest.mark.parametrize("options", [{"configs": {"x": {}}}, {"configs": {"x": LLAMA_1B}, "target_modules": ["query"]}])
def test_a_configuration_that_lacks_something_is_ours(models: Models, options: dict) -> None:
    with pytest.raises(InternalFault, match="lacks or does not know"):
        measure(spec_of("extrapolation", options=options), models.inputs)
