"""Evaluates many students' adapters over one base in one mixed batch: the base's layers run once for all of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from grader.measuring.lora_layers import replace_layer

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class AdapterTensors:
    """What one adapter adds, by the name of the base's module."""

    a: "dict[str, Tensor]"
    """Shape (rank, in)."""
    b: "dict[str, Tensor]"
    """Shape (out, rank)."""
    saved: "dict[str, tuple[Tensor, Tensor | None]]"
    """Weight and bias of each linear layer that was trained in full."""
    scaling: float
    """alpha / r."""


class MixedLora(nn.Module):
    """A linear layer whose rows belong to several adapters in turn: the first rows to the first one, and so on."""

    def __init__(self, base: nn.Linear, a: Sequence["Tensor"], b: Sequence["Tensor"], scaling: Sequence[float]) -> None:
        """Put the detours of all adapters beside the layer; smaller ranks are filled up with zeros.

        Args:
            base: the layer, with weights of shape (out, in).
            a: of each adapter, shape (rank, in).
            b: of each adapter, shape (out, rank).
            scaling: of each adapter.
        """
        super().__init__()
        place: dict[str, Any] = {"device": base.weight.device, "dtype": base.weight.dtype}
        rank = max(matrix.shape[0] for matrix in a)
        self.base = base
        self.a = torch.zeros(len(a), rank, base.in_features, **place)
        self.b = torch.zeros(len(a), rank, base.out_features, **place)
        for number, (down, up, scale) in enumerate(zip(a, b, scaling, strict=True)):
            self.a[number, : down.shape[0]] = down.to(**place)
            self.b[number, : up.shape[1]] = up.to(**place).T * scale

    def forward(self, inputs: "Tensor") -> "Tensor":
        """Apply layer and detours; shapes (adapters · rows, ..., in) to (adapters · rows, ..., out)."""
        grouped = inputs.reshape(self.a.shape[0], -1, self.a.shape[2])
        detour = torch.bmm(torch.bmm(grouped, self.a.transpose(1, 2)), self.b)
        return self.base(inputs) + detour.reshape(*inputs.shape[:-1], -1)


class MixedLinear(nn.Module):
    """A linear layer that every adapter has its own copy of."""

    def __init__(self, weights: Sequence["Tensor"], biases: Sequence["Tensor | None"], like: nn.Linear) -> None:
        """Stack the copies.

        Args:
            weights: of each adapter, shape (out, in).
            biases: of each adapter, shape (out,); all or none.
            like: the layer that they replace.
        """
        super().__init__()
        place: dict[str, Any] = {"device": like.weight.device, "dtype": like.weight.dtype}
        self.weight = torch.stack([weight.to(**place) for weight in weights])
        kept = [bias.to(**place) for bias in biases if bias is not None]
        self.bias = torch.stack(kept) if kept else None

    def forward(self, inputs: "Tensor") -> "Tensor":
        """Apply each copy to its rows; shapes (adapters · rows, ..., in) to (adapters · rows, ..., out)."""
        grouped = inputs.reshape(self.weight.shape[0], -1, inputs.shape[-1])
        result = torch.bmm(grouped, self.weight.transpose(1, 2))
        if self.bias is not None:
            result = result + self.bias[:, None, :]
        return result.reshape(*inputs.shape[:-1], -1)


def mix(model: nn.Module, adapters: Sequence[AdapterTensors]) -> nn.Module:
    """Put all adapters into a base.

    Args:
        model: the base classifier, in evaluation mode; changed in place.
        adapters: at least one; all adapt and save the same modules.

    Returns:
        The model. Give it each text once per adapter: all texts for the first adapter, then all for the second.

    Raises:
        ValueError: the adapters do not fit one another.
    """
    places = {(frozenset(one.a), frozenset(one.b), frozenset(one.saved)) for one in adapters}
    if len(places) != 1:
        raise ValueError("the adapters adapt different modules")
    first = adapters[0]
    scaling = [one.scaling for one in adapters]
    for name in first.a:
        detours = MixedLora(_linear(model, name), [x.a[name] for x in adapters], [x.b[name] for x in adapters], scaling)
        replace_layer(model, name, detours)
    for name in first.saved:
        weights, biases = zip(*(one.saved[name] for one in adapters), strict=True)
        replace_layer(model, name, MixedLinear(weights, biases, _linear(model, name)))
    return model


def _linear(model: nn.Module, name: str) -> nn.Linear:
    module = model.get_submodule(name)
    if not isinstance(module, nn.Linear):
        raise ValueError(f"{name} is no linear layer")
    return module
