"""Evaluates many students' models of one architecture at once, and finds out whether that is faster here.

On a GPU one small model leaves most of the device idle, so many at once finish sooner; on a CPU the loop is faster.
Which it is here is found out by trying both on a few texts. The logits of both agree within 1e-5 (float32).
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import nn
from torch.func import functional_call
from torch.func import vmap as map_over
from transformers import PreTrainedModel

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    #: Takes one batch; returns logits: of shape (rows, labels) of one model, (models, rows, labels) of many.
    Way = Callable[["Batch"], Tensor]


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


@dataclass(frozen=True)
class Trial:
    """What the same texts took in both ways."""

    one_by_one: float
    """Seconds of all models, one after the other, as one of them tells."""
    at_once: float
    """Seconds of all models at once."""
    tokens: int
    """Tokens that each model read, padding included."""

    @property
    def faster(self) -> bool:
        """Whether all at once is faster."""
        return self.at_once < self.one_by_one

    def __str__(self) -> str:
        return f"a trial took {self.one_by_one:.3f} s one by one and {self.at_once:.3f} s at once"


def try_both(
    alone: "Way", at_once: "Way", models: int, batches: Sequence[Batch], larger: Sequence[Batch] = ()
) -> Trial:
    """Time both ways on some texts, each after one batch that warms up.

    Args:
        alone: evaluates one of the models.
        at_once: evaluates all of them.
        models: how many they are.
        batches: the texts, as all at once reads them.
        larger: the same texts, as one alone reads them, when that may be more at a time.
    """
    single = larger or batches
    with torch.inference_mode():
        one = _seconds(alone, single)
        return Trial(one * models, _seconds(at_once, batches), sum(batch.ids.numel() for batch in single))


def _seconds(way: "Way", batches: Sequence[Batch]) -> float:
    way(batches[0])
    _wait(batches[0])
    began = time.perf_counter()
    for batch in batches:
        way(batch)
    _wait(batches[0])
    return time.perf_counter() - began


def _forward(skeleton: nn.Module, tensors: "Mapping[str, Tensor]", batch: Batch) -> "Tensor":
    inputs = {"input_ids": batch.ids, "attention_mask": batch.mask}
    return functional_call(skeleton, dict(tensors), (), inputs).logits


def _wait(batch: Batch) -> None:
    if batch.ids.is_cuda:
        torch.cuda.synchronize(batch.ids.device)
