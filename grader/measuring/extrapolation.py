"""Predicts what training a large model costs, from its configuration alone."""

from typing import Any, cast

from grader.errors import InternalFault
from grader.measuring.inputs import MeasuringInputs
from grader.measuring.memory import account
from grader.model.lab import MeasurementSpec

_FIELDS = (
    "vocab_size",
    "hidden_size",
    "intermediate_size",
    "num_hidden_layers",
    "num_attention_heads",
    "num_key_value_heads",
)


def extrapolation(spec: MeasurementSpec, inputs: MeasuringInputs) -> dict[str, Any]:
    """Predict the bytes of float32 training with AdamW of Llama-like models, activations aside.

    Parameters by formula (H. Touvron et al., LLaMA, arXiv 2302.13971, with grouped queries): a layer has q and o of
    (heads · d, hidden), k and v of (key-value heads · d, hidden), three matrices of (intermediate, hidden) and two
    norms; then the embeddings, a last norm, and an output layer unless it is tied. It gives the published counts of
    Llama 3.2 1B (1,235,814,400) and Llama 3.1 8B (8,030,261,248). LoRA adds rank · (in + out) for each targeted matrix.

    Args:
        spec: options: configs {name: fields of a Llama configuration}, rank (16), target_modules (q, k, v, o).
        inputs: not read: a prediction depends on nothing of the run.

    Returns:
        By name: parameters, trainable (with LoRA), full, lora (weights + gradients + optimizer, in bytes),
        full_without_optimizer.

    Raises:
        InternalFault: GR504, a configuration lacks a field or a target is unknown.
    """
    del inputs
    rank = int(spec.options.get("rank", 16))
    targets = list(spec.options.get("target_modules", ["q_proj", "k_proj", "v_proj", "o_proj"]))
    configs = cast("dict[str, dict[str, Any]]", spec.options.get("configs", {}))
    try:
        return {name: _predicted(config, rank, targets) for name, config in configs.items()}
    except KeyError as exc:
        raise InternalFault("GR504", f"[measurements.{spec.name}] lacks or does not know {exc}.") from exc


def _predicted(config: dict[str, Any], rank: int, targets: list[str]) -> dict[str, int]:
    vocabulary, hidden, _, layers, *_ = (int(config[field]) for field in _FIELDS)
    matrices = layer_matrices(config)
    outputs = vocabulary * hidden * (1 if config.get("tie_word_embeddings", False) else 2)
    parameters = outputs + hidden + layers * (2 * hidden + sum(rows * columns for rows, columns in matrices.values()))
    trainable = layers * sum(rank * sum(matrices[name]) for name in targets)
    full = account(parameters, parameters, 0)
    lora = account(parameters + trainable, trainable, 0)
    return {
        "parameters": parameters,
        "trainable": trainable,
        "full": full["state"],
        "lora": lora["state"],
        "full_without_optimizer": full["weights"] + full["gradients"],
    }


def layer_matrices(config: dict[str, Any]) -> dict[str, tuple[int, int]]:
    """Return the matrices of one Llama layer.

    Args:
        config: fields of a Llama configuration.

    Returns:
        Shape (out, in) by the library's name.

    Raises:
        KeyError: a field is missing.
    """
    _, hidden, inner, _, heads, groups = (int(config[field]) for field in _FIELDS)
    width = int(config.get("head_dim") or hidden // heads)
    return {
        "q_proj": (heads * width, hidden),
        "k_proj": (groups * width, hidden),
        "v_proj": (groups * width, hidden),
        "o_proj": (hidden, heads * width),
        "gate_proj": (inner, hidden),
        "up_proj": (inner, hidden),
        "down_proj": (hidden, inner),
    }
