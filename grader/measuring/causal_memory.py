"""Memory of one training step of a Llama-like model: predicted without memory, counted in storages, asked of CUDA."""

import contextlib
import gc
from collections.abc import Generator, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import torch
    from torch.nn import Module
    from transformers import LlamaForCausalLM

#: Full fine-tuning, or LoRA on the four matrices of attention.
Method = Literal["full", "lora"]
_TARGETS = ("q_proj", "k_proj", "v_proj", "o_proj")
_DTYPES = ("float32", "bfloat16", "float16")


@dataclass(frozen=True)
class Training:
    """What is trained, and how."""

    config: Mapping[str, Any]
    """Fields of a Llama configuration."""
    method: Method
    batch: int
    """Rows."""
    length: int
    """Tokens of a row."""
    dtype: str = "float32"
    """Of weights, gradients and both moments of AdamW."""
    checkpointing: bool = False
    """Whether activations are computed again instead of kept."""
    rank: int = 16
    """Of LoRA."""


@dataclass(frozen=True)
class CudaPeak:
    """What the allocator of CUDA says of the same step."""

    allocated: int
    """`torch.cuda.max_memory_allocated`: tensors, rounded to 512 bytes, and the workspaces of kernels."""
    reserved: int
    """`torch.cuda.max_memory_reserved`: what the process took from the device for them."""
    workspaces: int
    """What is still allocated when every tensor is gone: the matrix library's own memory, 64 MiB on Hopper, whatever
    the model."""


def predict(training: Training) -> dict[str, int]:
    """Predict a step from shapes alone: fake tensors have storages of the right size and no memory.

    Attention is counted as the library's fallback makes it, so a fused kernel may stay below the peak.

    Args:
        training: what is trained, and how.

    Returns:
        As `grader.measuring.live_memory.StepMemory`, in bytes.
    """
    from torch._subclasses.fake_tensor import FakeTensorMode

    from grader.measuring.live_memory import step_memory

    with FakeTensorMode(allow_non_fake_inputs=True), _default_dtype(training.dtype):
        model = _model(training, "cpu")
        return asdict(step_memory(model, _batch(training, "cpu")))


def count(training: Training, device: str = "cpu") -> dict[str, int]:
    """Take real steps and count the storages that are alive.

    Args:
        training: what is trained, and how.
        device: `cpu`, or `cuda` with or without a number.

    Returns:
        As `predict`.
    """
    from grader.measuring.live_memory import step_memory

    with _default_dtype(training.dtype):
        model = _model(training, device)
        return asdict(step_memory(model, _batch(training, device)))


def ask_cuda(training: Training, device: str, warm_up: int = 2) -> CudaPeak:
    """Take real steps on a GPU and ask its allocator for the peak of the last one; use a process of its own for it.

    Args:
        training: what is trained, and how.
        device: `cuda`, with or without a number.
        warm_up: steps before the one that counts; the first makes the optimizer's state and the workspaces.

    Returns:
        The peak of one whole step, state included.
    """
    import torch

    with _default_dtype(training.dtype):
        model = _model(training, device)
        batch = _batch(training, device)
        model.train()
        learning = [parameter for parameter in model.parameters() if parameter.requires_grad]
        optimizer = torch.optim.AdamW(learning, lr=1e-3, foreach=False)
        for _ in range(warm_up):
            _step(model, batch, optimizer)
        torch.cuda.synchronize(device)
        torch.cuda.reset_peak_memory_stats(device)
        _step(model, batch, optimizer)
        torch.cuda.synchronize(device)
    allocated, reserved = torch.cuda.max_memory_allocated(device), torch.cuda.max_memory_reserved(device)
    del model, batch, learning, optimizer
    gc.collect()
    return CudaPeak(allocated, reserved, torch.cuda.memory_allocated(device))


def _step(model: "Module", batch: "dict[str, torch.Tensor]", optimizer: "torch.optim.Optimizer") -> None:
    optimizer.zero_grad(set_to_none=True)
    model(**batch).loss.backward()
    optimizer.step()


def _model(training: Training, device: str) -> "LlamaForCausalLM":
    """Build on `meta`, then give every tensor its place, all zero: bytes do not depend on values."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    from grader.measuring.lora_layers import add_lora

    fields: dict[str, Any] = {"use_cache": False, **training.config}
    with torch.device("meta"):
        model = LlamaForCausalLM(LlamaConfig(**fields))
    _give_memory(model, device)
    if training.method == "lora":
        names = tuple(name for name, _ in model.named_modules() if name.rpartition(".")[2] in _TARGETS)
        add_lora(model, names, (), training.rank, 2.0)
    if training.checkpointing:
        model.activation_checkpointing_enable({"use_reentrant": False})
        if training.method == "lora":
            model.enable_input_require_grads()
    return model


def _give_memory(model: "Module", device: str) -> None:
    """Replace what is on `meta`, shared tensors by shared ones; `Module.to_empty` cannot do it with fake tensors."""
    import torch

    made: dict[int, torch.Tensor] = {}
    for module in list(model.modules()):
        for name, parameter in list(module.named_parameters(recurse=False)):
            if id(parameter) not in made:
                made[id(parameter)] = torch.nn.Parameter(torch.zeros_like(parameter, device=device))
            setattr(module, name, made[id(parameter)])
        for name, buffer in list(module.named_buffers(recurse=False)):
            setattr(module, name, torch.zeros_like(buffer, device=device))


def _batch(training: Training, device: str) -> "dict[str, torch.Tensor]":
    import torch

    ids = torch.zeros((training.batch, training.length), dtype=torch.long, device=device)
    return {"input_ids": ids, "labels": ids.clone()}


@contextlib.contextmanager
def _default_dtype(name: str) -> Generator[None]:
    """Make new tensors of a dtype, as loading in that dtype does."""
    import torch

    if name not in _DTYPES:
        raise ValueError(f"{name} is none of {', '.join(_DTYPES)}")
    before = torch.get_default_dtype()
    torch.set_default_dtype(getattr(torch, name))
    try:
        yield
    finally:
        torch.set_default_dtype(before)
