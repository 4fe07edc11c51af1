"""Adapters in a mixed batch give what each gives alone, by peft's own arithmetic."""

import copy
import warnings

import pytest
import torch
from peft import LoraConfig, get_peft_model
from transformers import BertConfig, BertForSequenceClassification

from grader.measuring.mixed_adapters import AdapterTensors, MixedLinear, mix

SIZES = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}


@pytest.fixture
def base():
    torch.manual_seed(0)
    return BertForSequenceClassification(BertConfig(vocab_size=50, max_position_embeddings=16, **SIZES)).eval()


def adapted(base, rank: int, seed: int):
    """A trained-looking adapter of peft over a copy of the base."""
    torch.manual_seed(seed)
    config = LoraConfig(task_type="SEQ_CLS", r=rank, lora_alpha=3 * rank, target_modules=["query", "value"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = get_peft_model(copy.deepcopy(base), config).eval()
    for name, parameter in model.named_parameters():
        if "lora_B" in name or "modules_to_save" in name:
            torch.nn.init.normal_(parameter, std=0.3)
    return model


def tensors_of(model) -> AdapterTensors:
    state = {name.removeprefix("base_model.model."): value for name, value in model.named_parameters()}
    a = {name.partition(".lora_A")[0]: value.data for name, value in state.items() if ".lora_A." in name}
    b = {name.partition(".lora_B")[0]: value.data for name, value in state.items() if ".lora_B." in name}
    head = [value.data for name, value in state.items() if "modules_to_save" in name]
    return AdapterTensors(a, b, {"classifier": (head[0], head[1])}, scaling=3.0)


def test_each_adapter_gives_in_the_mixed_batch_what_it_gives_alone(base):
    peft_models = [adapted(base, rank, seed) for rank, seed in ((2, 1), (4, 2), (2, 3))]
    ids = torch.arange(4 * 8).reshape(4, 8) % 50
    mask = torch.ones_like(ids)
    mask[1, 6:] = 0
    with torch.inference_mode():
        alone = [model(input_ids=ids, attention_mask=mask).logits for model in peft_models]
        mixed = mix(base, [tensors_of(model) for model in peft_models])
        together = mixed(input_ids=ids.repeat(3, 1), attention_mask=mask.repeat(3, 1)).logits

    assert not torch.allclose(alone[0], alone[1], atol=1e-3)
    assert torch.allclose(together, torch.cat(alone), atol=1e-5)


def test_a_layer_without_bias_has_none_for_anybody():
    like = torch.nn.Linear(3, 2, bias=False)
    layer = MixedLinear([torch.ones(2, 3), 2 * torch.ones(2, 3)], [None, None], like)

    assert layer(torch.ones(2, 3)).tolist() == [[3.0, 3.0], [6.0, 6.0]]


def test_adapters_of_different_modules_are_refused(base):
    one = tensors_of(adapted(base, 2, 1))
    fewer = AdapterTensors(dict(list(one.a.items())[:1]), dict(list(one.b.items())[:1]), one.saved, 1.0)

    with pytest.raises(ValueError, match="different modules"):
        mix(base, [one, fewer])


def test_an_adapted_module_that_is_no_linear_layer_is_refused(base):
    odd = AdapterTensors({"bert.encoder": torch.ones(1, 16)}, {"bert.encoder": torch.ones(16, 1)}, {}, 1.0)

    with pytest.raises(ValueError, match="no linear layer"):
        mix(base, [odd])
