"""Counts and measures what training costs in memory, in full and with LoRA."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from grader.errors import SubmissionFault
from grader.measuring.adapter_files import WEIGHTS
from grader.measuring.checkpoints import build
from grader.measuring.inputs import MeasuringInputs
from grader.measuring.lora import Adapted, read_adapter
from grader.measuring.sources import option
from grader.model.lab import MeasurementSpec

if TYPE_CHECKING:
    from torch import Tensor
    from torch.nn import Module

#: Bytes of a float32 number, of AdamW's two moments of one, and of the step counter of one tensor.
NUMBER, MOMENTS, COUNTER = 4, 8, 4


def byte_accounting(spec: MeasurementSpec, inputs: MeasuringInputs) -> dict[str, Any]:
    """Count the bytes of float32 training with AdamW from shapes alone, activations aside.

    Full: 4 bytes of weights, 4 of gradients and 8 of moments for each parameter. LoRA: 4 bytes for every parameter of
    the frozen classifier and of the adapter (a saved module has its frozen original beside it), 4 + 8 for those of
    the adapter. Source: D. Kingma and J. Ba, Adam (arXiv 1412.6980), algorithm 1, for the two moments.

    Args:
        spec: artifacts = [adapter folder], bases = [base model].
        inputs: the run's artifacts and the base.

    Returns:
        full and lora: {trainable, total (parameters), weights, gradients, optimizer, optimizer_with_steps (with
        AdamW's counters, 4 bytes a tensor), state (weights + gradients + optimizer)}, all in bytes.

    Raises:
        SubmissionFault: GR314 to GR316, the adapter is missing or cannot be read.
    """
    found = read_adapter(spec, inputs)
    full = sum(_count(shape) for shape in found.shapes.values())
    return {
        "full": account(full, full, len(found.shapes)),
        "lora": account(full + found.trainable, found.trainable, found.trainable_tensors),
    }


def account(total: int, trainable: int, tensors: int) -> dict[str, int]:
    """Return the bytes of float32 training with AdamW.

    Args:
        total: parameters.
        trainable: those that learn.
        tensors: number of tensors that learn.

    Returns:
        As one side of `byte_accounting`.
    """
    weights, gradients, optimizer = NUMBER * total, NUMBER * trainable, MOMENTS * trainable
    return {
        "trainable": trainable,
        "total": total,
        "weights": weights,
        "gradients": gradients,
        "optimizer": optimizer,
        "optimizer_with_steps": optimizer + COUNTER * tensors,
        "state": weights + gradients + optimizer,
    }


def training_memory(spec: MeasurementSpec, inputs: MeasuringInputs) -> dict[str, Any]:
    """Measure the memory of one training step in full and with an adapter of the student's rank and places.

    The models are built from the base's configuration; bytes do not depend on the values of weights or tokens. The
    step is the second one, so that AdamW's state exists when the forward pass begins.

    Args:
        spec: artifacts = [adapter folder], bases = [base model]; options: batch (16 texts), length (64 tokens).
        inputs: the run's artifacts, the base and the device.

    Returns:
        full and lora: {weights (with buffers), gradients, optimizer, optimizer_steps, activations (saved for the
        backward pass), parts (weights + gradients + optimizer + activations), peak}, in bytes, and ratio (peak of
        full / peak of lora).

    Raises:
        SubmissionFault: GR314 to GR316, the adapter is missing or cannot be read; GR315, it has no matrices.
    """
    found = read_adapter(spec, inputs)
    if not found.names.a:
        raise SubmissionFault("GR315", f"{spec.artifacts[0]}/{WEIGHTS} holds no LoRA matrices of the base.")
    batch = _batch(found, option(spec, "batch", 16), option(spec, "length", 64), inputs.device)
    full = _measured(_model(found, inputs.device), batch)
    lora = _measured(_adapted(found, inputs.device), batch)
    return {"full": full, "lora": lora, "ratio": full["peak"] / lora["peak"]}


def _measured(model: "Module", batch: "dict[str, Tensor]") -> dict[str, int]:
    from grader.measuring.live_memory import step_memory

    found = step_memory(model, batch)
    parts = found.weights + found.gradients + found.optimizer + found.activations
    return {**asdict(found), "parts": parts}


def _model(found: Adapted, device: str) -> "Module":
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return build(found.classifier).to(device)


def _adapted(found: Adapted, device: str) -> "Module":
    from grader.measuring.lora_layers import add_lora

    model = _model(found, device)
    saved = {name.rpartition(".")[0] for name in found.names.saved}
    add_lora(model, tuple(found.names.a), tuple(sorted(saved)), found.config.r, found.config.scaling)
    return model


def _batch(found: Adapted, rows: int, length: int, device: str) -> "dict[str, Tensor]":
    import torch

    width = min(length, found.classifier.positions)
    tokens = torch.arange(rows * width, device=device).reshape(rows, width) % found.classifier.vocabulary
    return {
        "input_ids": tokens,
        "attention_mask": torch.ones_like(tokens),
        "labels": torch.arange(rows, device=device) % found.classifier.num_labels,
    }


def _count(shape: tuple[int, ...]) -> int:
    count = 1
    for size in shape:
        count *= size
    return count
