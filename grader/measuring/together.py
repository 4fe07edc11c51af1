"""Evaluates many students' models of one architecture at once: stacked and mapped, or one after the other.

On a GPU one small model leaves most of the device idle, so many at once finish sooner; on a CPU the loop is faster.
Which it is here is found out by trying both on the first texts. The logits of both agree within 1e-5 (float32).
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import nn
from torch.func import functional_call
from torch.func import vmap as map_over
from transformers import PreTrainedModel

if TYPE_CHECKING:
    from torch import Tensor

    #: Takes the models' tensors and one batch; returns logits of shape (models, rows, labels).
    Way = Callable[["Stack", "Batch"], Tensor]

#: Batches on which the ways are compared, after one that warms up.
_TRIAL = 2


@dataclass(frozen=True)
class Batch:
    """Encoded texts that every model reads."""

    ids: "Tensor"
    """Shape (rows, tokens)."""
    mask: "Tensor"
    """Shape (rows, tokens)."""


class Stack:
    """The weights of several models of one architecture, in one tensor per name."""

    def __init__(self, skeleton: nn.Module, states: Sequence[Mapping[str, "Tensor"]]) -> None:
        """Stack them.

        Args:
            skeleton: a model of the architecture, in evaluation mode, on the device; its own weights are not used.
            states: the parameters of each model by name; buffers are the skeleton's.

        Raises:
            ValueError: there are none, or a state has other names or shapes than the skeleton.
        """
        wanted = {name: parameter.shape for name, parameter in skeleton.named_parameters()}
        for state in states:
            if {name: state[name].shape for name in wanted if name in state} != wanted:
                raise ValueError("a state does not fit the skeleton")
        if not states:
            raise ValueError("no model to evaluate")
        place = next(skeleton.parameters())
        if isinstance(skeleton, PreTrainedModel):
            skeleton.set_attn_implementation("eager")  # the fused kernels cannot be mapped
        self.skeleton = skeleton
        self.count = len(states)
        self.tensors = {
            name: torch.stack([state[name].to(place.device, place.dtype) for state in states]) for name in wanted
        }

    def one(self, number: int) -> "dict[str, Tensor]":
        """Return the parameters of one model by name."""
        return {name: tensor[number] for name, tensor in self.tensors.items()}


def one_by_one(stack: Stack, batch: Batch) -> "Tensor":
    """Run the models one after the other.

    Args:
        stack: the models.
        batch: the texts.

    Returns:
        Logits of shape (models, rows, labels).
    """
    return torch.stack([_forward(stack.skeleton, stack.one(number), batch) for number in range(stack.count)])


def all_at_once(stack: Stack, batch: Batch) -> "Tensor":
    """Run all models in one pass, mapped over the stacked weights.

    Args:
        stack: the models.
        batch: the texts.

    Returns:
        Logits of shape (models, rows, labels).
    """

    def forward(tensors: "dict[str, Tensor]") -> "Tensor":
        return _forward(stack.skeleton, tensors, batch)

    return map_over(forward, randomness="error")(stack.tensors)


def evaluate(stack: Stack, batches: Sequence[Batch]) -> "tuple[Tensor, str]":
    """Run all models over all texts in the way that is faster here.

    Args:
        stack: the models.
        batches: the texts.

    Returns:
        Logits of shape (models, all rows, labels), on the CPU, and the name of the way.
    """
    ways: dict[str, Way] = {"one by one": one_by_one, "all at once": all_at_once}
    with torch.inference_mode():
        name = choose(ways, stack, batches[: _TRIAL + 1]) if stack.count > 1 else "one by one"
        logits = [ways[name](stack, batch).float().cpu() for batch in batches]
    return torch.cat(logits, dim=1), name


def choose(ways: "Mapping[str, Way]", stack: Stack, batches: Sequence[Batch]) -> str:
    """Try every way on some texts and return the name of the fastest.

    Args:
        ways: by name.
        stack: the models.
        batches: the first one warms up and does not count, unless it is the only one.
    """
    seconds: dict[str, float] = {}
    for name, way in ways.items():
        way(stack, batches[0])
        _wait(batches[0])
        began = time.perf_counter()
        for batch in batches[1:] or batches:
            way(stack, batch)
        _wait(batches[0])
        seconds[name] = time.perf_counter() - began
    return min(seconds, key=lambda name: seconds[name])


def _forward(skeleton: nn.Module, tensors: "Mapping[str, Tensor]", batch: Batch) -> "Tensor":
    inputs = {"input_ids": batch.ids, "attention_mask": batch.mask}
    return functional_call(skeleton, dict(tensors), (), inputs).logits


def _wait(batch: Batch) -> None:
    if batch.ids.is_cuda:
        torch.cuda.synchronize(batch.ids.device)
