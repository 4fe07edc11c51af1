"""Builds the arguments of a call from plain data: tensors, dtypes, small modules and transformers.

The text of this file goes to the student's kernel together with the harness; checks build the same objects again, from
the same numbers, to recompute what a function should have returned.
"""

import importlib
from collections.abc import Callable
from typing import Any


def build(value: Any) -> Any:
    """Return what a value of the inputs stands for.

    Args:
        value: plain data, in which an object with one key that begins with `$` stands for something else:
            `$dtype` (its name), `$tensor` (dtype, shape, values, optionally device), `$module` (layers, training) and
            `$transformer` (config, task, seed, training).

    Returns:
        The same data with these built.
    """
    if isinstance(value, list):
        return [build(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        (tag, content), *_ = value.items()
        if tag in _BUILDERS:
            return _BUILDERS[tag](content)
    return {key: build(inner) for key, inner in value.items()}


def _dtype(name: str) -> Any:
    return getattr(importlib.import_module("torch"), name)


def _tensor(content: dict[str, Any]) -> Any:
    torch: Any = importlib.import_module("torch")
    flat = torch.tensor(content["values"], dtype=_dtype(content["dtype"]), device=content.get("device", "cpu"))
    return flat.reshape(content["shape"])


def _module(content: dict[str, Any]) -> Any:
    """A chain of layers: `linear` with weight and bias, `dropout` with p, or `tanh`; a frozen layer is not trained."""
    nn: Any = importlib.import_module("torch.nn")
    chain = nn.Sequential(*(_layer(nn, layer) for layer in content["layers"]))
    for first, second in content.get("tied", []):
        chain[second].weight = chain[first].weight
    return chain.to(content.get("device", "cpu")).train(content["training"])


def _layer(nn: Any, layer: dict[str, Any]) -> Any:
    if layer["kind"] == "dropout":
        return nn.Dropout(layer["p"])
    if layer["kind"] == "tanh":
        return nn.Tanh()
    weight, bias = build(layer["weight"]), build(layer["bias"])
    linear = nn.Linear(weight.shape[1], weight.shape[0])
    linear.weight, linear.bias = nn.Parameter(weight), nn.Parameter(bias)
    return linear.requires_grad_(not layer.get("frozen", False))


def _transformer(content: dict[str, Any]) -> Any:
    """A small transformer with fresh weights: the same ones for the same seed, wherever it is built."""
    torch: Any = importlib.import_module("torch")
    transformers: Any = importlib.import_module("transformers")
    config = transformers.AutoConfig.for_model(**content["config"])
    factory = getattr(transformers, f"AutoModelFor{content['task']}")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(content["seed"])
        model = factory.from_config(config)
    return model.to(content.get("device", "cpu")).train(content["training"])


_BUILDERS: dict[str, Callable[[Any], Any]] = {
    "$dtype": _dtype,
    "$tensor": _tensor,
    "$module": _module,
    "$transformer": _transformer,
}
