"""LoRA layers as peft builds them, for measuring the memory of training: same operations, same tensors."""

import copy
from typing import TYPE_CHECKING

import torch
from torch import nn

if TYPE_CHECKING:
    from torch import Tensor


class LoraLinear(nn.Module):
    """A frozen linear layer with a trained detour of low rank: W x + b + scaling · B (A x)."""

    def __init__(self, base: nn.Linear, rank: int, scaling: float) -> None:
        """Freeze a layer and add the detour.

        Args:
            base: the layer, with weights of shape (out, in).
            rank: of the detour.
            scaling: alpha / r.
        """
        super().__init__()
        self.base = base.requires_grad_(False)
        place = {"device": base.weight.device, "dtype": base.weight.dtype}
        self.a = nn.Linear(base.in_features, rank, bias=False, **place)
        self.b = nn.Linear(rank, base.out_features, bias=False, **place)
        nn.init.zeros_(self.b.weight)
        self.scaling = scaling

    def forward(self, inputs: "Tensor") -> "Tensor":
        """Apply layer and detour; shapes (..., in) to (..., out)."""
        return self.base(inputs) + self.b(self.a(inputs)) * self.scaling


class SavedLinear(nn.Module):
    """A linear layer that learns beside its frozen original, as `modules_to_save` keeps it."""

    def __init__(self, original: nn.Linear) -> None:
        """Copy a layer.

        Args:
            original: the layer; it stays in memory, frozen.
        """
        super().__init__()
        self.original = original.requires_grad_(False)
        self.copy = copy.deepcopy(original).requires_grad_(True)

    def forward(self, inputs: "Tensor") -> "Tensor":
        """Apply the copy; shapes (..., in) to (..., out)."""
        return self.copy(inputs)


def add_lora(model: nn.Module, modules: tuple[str, ...], saved: tuple[str, ...], rank: int, scaling: float) -> None:
    """Freeze a model and put the layers of an adapter into it.

    Args:
        model: the classifier, changed in place.
        modules: names of the linear layers that get a detour.
        saved: names of the linear layers that learn in full.
        rank: of the detours.
        scaling: alpha / r.
    """
    model.requires_grad_(False)
    for name in modules:
        replace_layer(model, name, LoraLinear(_linear(model, name), rank, scaling))
    for name in saved:
        replace_layer(model, name, SavedLinear(_linear(model, name)))


def _linear(model: nn.Module, name: str) -> nn.Linear:
    module = model.get_submodule(name)
    if not isinstance(module, torch.nn.Linear):
        raise TypeError(f"{name} is no linear layer")
    return module


def replace_layer(model: nn.Module, name: str, layer: nn.Module) -> None:
    """Put a layer in the place of the one that has this name."""
    owner, _, leaf = name.rpartition(".")
    setattr(model.get_submodule(owner), leaf, layer)
