"""Inputs are built the same wherever they are built."""

import torch

from grader.probing.building import build

LINEAR = {
    "kind": "linear",
    "weight": {"$tensor": {"dtype": "float32", "shape": [2, 2], "values": [1, 2, 3, 4]}},
    "bias": {"$tensor": {"dtype": "float32", "shape": [2], "values": [0, 1]}},
}
CONFIG = {
    "model_type": "bert", "vocab_size": 20, "hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2,
    "intermediate_size": 8, "num_labels": 2,
}  # fmt: skip


def test_what_has_no_tag_stays_as_it_is():
    assert build({"a": [1, {"b": None}], "$c": 1, "$dtype": "x"}) == {"a": [1, {"b": None}], "$c": 1, "$dtype": "x"}


def test_dtypes_and_tensors_are_built():
    made = build([{"$dtype": "int8"}, {"$tensor": {"dtype": "float16", "shape": [1, 2], "values": [1, 2]}}])
    assert made[0] is torch.int8
    assert (made[1].dtype, made[1].tolist()) == (torch.float16, [[1.0, 2.0]])


def test_a_module_has_the_given_weights_mode_and_ties():
    frozen = LINEAR | {"frozen": True}
    layers = [LINEAR, {"kind": "tanh"}, {"kind": "dropout", "p": 0.5}, frozen]
    module = build({"$module": {"layers": layers, "training": False, "tied": [[0, 3]]}})
    assert module(torch.zeros(1, 2)).shape == (1, 2)
    assert not module.training
    assert module[0].weight is module[3].weight
    assert (module[0].bias.requires_grad, module[3].bias.requires_grad) == (True, False)


def test_a_transformer_of_one_seed_is_always_the_same_and_leaves_chance_alone():
    spec = {"$transformer": {"config": CONFIG, "task": "SequenceClassification", "seed": 5, "training": False}}
    state = torch.get_rng_state()
    first = build(spec)
    assert torch.equal(torch.get_rng_state(), state)
    torch.manual_seed(99)
    second = build(spec)
    assert all(torch.equal(one, other) for one, other in zip(first.parameters(), second.parameters(), strict=True))
