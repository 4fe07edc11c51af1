"""Measures the memory of a training step by the storages that are alive, exactly and the same every time.

Covered: every tensor storage that torch makes through its dispatcher, on the CPU or a GPU, at its requested size.
Not covered: what an allocator rounds up, workspaces inside a kernel, and the memory of Python itself. Resident memory
of a process is no substitute at this size: it grows by 80 MB whether a model has one million parameters or a tenth.
"""

import weakref
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

if TYPE_CHECKING:
    from torch import Tensor, UntypedStorage
    from torch.nn import Module, Parameter


@dataclass(frozen=True)
class StepMemory:
    """Bytes of one training step with AdamW, when its state exists already."""

    weights: int
    """Parameters and buffers."""
    gradients: int
    optimizer: int
    """The two moments of every trained parameter."""
    optimizer_steps: int
    """AdamW's step counters: four bytes a tensor."""
    activations: int
    """Storages that are saved for the backward pass and are no parameters."""
    peak: int
    """The most that is alive at one moment of forward, backward and update."""


class LiveStorages(TorchDispatchMode):
    """While active, adds up the storages that are alive and keeps the highest sum."""

    def __init__(self, alive: "Iterable[Tensor]") -> None:
        """Start counting.

        Args:
            alive: tensors that exist already and count.
        """
        super().__init__()
        self._sizes: dict[int, int] = {}
        self.current = 0
        self.peak = 0
        for tensor in alive:
            self._see(tensor)

    def __torch_dispatch__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Run an operation, then count the storages that it returned."""
        result = func(*args, **(kwargs or {}))
        for leaf in tree_leaves(result):
            if isinstance(leaf, torch.Tensor):
                self._see(leaf)
        return result

    def _see(self, tensor: "Tensor") -> None:
        storage = tensor.untyped_storage()
        key = _key(storage)
        if key in self._sizes:
            return
        self._sizes[key] = storage.nbytes()
        self.current += storage.nbytes()
        self.peak = max(self.peak, self.current)
        weakref.finalize(storage, self._forget, key).atexit = False

    def _forget(self, key: int) -> None:
        self.current -= self._sizes.pop(key, 0)


def step_memory(model: "Module", batch: "Mapping[str, Tensor]") -> StepMemory:
    """Take two AdamW steps and measure the second, in which the optimizer's state exists from the start.

    Args:
        model: a classifier that returns a loss; parameters that do not learn have `requires_grad=False`.
        batch: its inputs, with labels, on the model's device.

    Returns:
        The bytes of the parts, and the peak.
    """
    model.train()
    learning = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(learning, lr=1e-3, foreach=False)
    activations = _first_step(model, batch, optimizer)
    gradients = storage_bytes(parameter.grad for parameter in learning if parameter.grad is not None)
    optimizer.zero_grad(set_to_none=True)
    states: list[dict[str, Tensor]] = [optimizer.state[parameter] for parameter in learning]
    moments = [state[name] for state in states for name in ("exp_avg", "exp_avg_sq")]
    counters = [state["step"] for state in states]
    weights: list[Tensor] = [*model.parameters(), *model.buffers()]
    with LiveStorages([*weights, *moments, *counters, *batch.values()]) as live:
        model(**batch).loss.backward()
        optimizer.step()
    return StepMemory(
        weights=storage_bytes(weights),
        gradients=gradients,
        optimizer=storage_bytes(moments),
        optimizer_steps=storage_bytes(counters),
        activations=activations,
        peak=live.peak,
    )


def storage_bytes(tensors: "Iterable[Tensor]") -> int:
    """Return the bytes of the distinct storages behind some tensors."""
    storages = {_key(storage): storage.nbytes() for storage in (tensor.untyped_storage() for tensor in tensors)}
    return sum(storages.values())


def _key(storage: "UntypedStorage") -> int:
    """Return what tells one living storage from another; a fake one has no address of data."""
    return storage._cdata  # pyright: ignore[reportPrivateUsage] - what torch.multiprocessing tells them apart by


def _first_step(model: "Module", batch: "Mapping[str, Tensor]", optimizer: torch.optim.Optimizer) -> int:
    """Take a step that brings the optimizer's state into being; return the bytes saved for its backward pass."""
    parameters: list[Parameter] = list(model.parameters())
    known = {_key(parameter.untyped_storage()) for parameter in parameters}
    saved: list[Tensor] = []

    def pack(tensor: "Tensor") -> "Tensor":
        saved.append(tensor)
        return tensor

    def unpack(tensor: "Tensor") -> "Tensor":
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, unpack):
        loss = model(**batch).loss
    bytes_saved = storage_bytes(tensor for tensor in saved if _key(tensor.untyped_storage()) not in known)
    saved.clear()
    loss.backward()
    optimizer.step()
    return bytes_saved
