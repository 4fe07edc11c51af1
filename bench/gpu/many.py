"""Many students' models judged at once on one device, against one after the other: same logits, and how much faster."""

import time
from collections.abc import Callable
from typing import Any

import torch
from transformers import BertConfig, BertForSequenceClassification

from grader.measuring.mixed_adapters import AdapterTensors, mix
from grader.measuring.together import Batch, Stack, all_at_once, one_by_one, try_both

SIZES: dict[str, Any] = {"vocab_size": 1357, "hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4}
TOKENS, ROWS, RANK = 64, 128, 4


def measure_many(device: str, students: int = 32, batches: int = 4) -> dict[str, Any]:
    """Measure checkpoints of one architecture and adapters over one base.

    Args:
        device: `cuda` or `cpu`.
        students: how many models.
        batches: of 128 texts each.

    Returns:
        Seconds of both ways, their ratio, the largest difference of a logit, and the way that a trial chooses.
    """
    return {"checkpoints": _checkpoints(device, students, batches), "adapters": _adapters(device, students)}


def _checkpoints(device: str, students: int, batches: int) -> dict[str, Any]:
    skeleton = _model(0).to(device)
    states = [dict(_model(seed).named_parameters()) for seed in range(students)]
    stack, first = Stack(skeleton, states), Stack(skeleton, states[:1])
    texts = [_texts(device, seed) for seed in range(batches)]
    with torch.inference_mode():
        trial = try_both(
            lambda batch: one_by_one(first, batch)[0], lambda batch: all_at_once(stack, batch), students, texts
        )
        slow, alone = _timed(lambda: [one_by_one(stack, batch) for batch in texts], device)
        fast, mapped = _timed(lambda: [all_at_once(stack, batch) for batch in texts], device)
    return {
        "students": students,
        "texts": batches * ROWS,
        "one_by_one_seconds": slow,
        "all_at_once_seconds": fast,
        "speed_up": slow / fast,
        "largest_difference": max((a - b).abs().max().item() for a, b in zip(alone, mapped, strict=True)),
        "chosen": "all at once" if trial.faster else "one by one",
    }


def _adapters(device: str, students: int) -> dict[str, Any]:
    torch.manual_seed(1)
    texts = _texts(device, 0)
    adapters = [_adapter(seed, device) for seed in range(students)]
    alone_models = [mix(_model(0).to(device), [adapter]) for adapter in adapters]
    mixed = mix(_model(0).to(device), adapters)
    ids, mask = texts.ids.repeat(students, 1), texts.mask.repeat(students, 1)

    def one_after_the_other() -> "torch.Tensor":
        return torch.cat([model(input_ids=texts.ids, attention_mask=texts.mask).logits for model in alone_models])

    with torch.inference_mode():
        slow, alone = _timed(one_after_the_other, device)
        fast, together = _timed(lambda: mixed(input_ids=ids, attention_mask=mask).logits, device)
    return {
        "students": students,
        "texts": ROWS,
        "one_by_one_seconds": slow,
        "mixed_seconds": fast,
        "speed_up": slow / fast,
        "largest_difference": (alone - together).abs().max().item(),
    }


def _timed(work: "Callable[[], Any]", device: str) -> tuple[float, Any]:
    """Median of three, after one that warms up."""
    result, seconds = work(), []
    for _ in range(3):
        _wait(device)
        began = time.perf_counter()
        result = work()
        _wait(device)
        seconds.append(time.perf_counter() - began)
    return sorted(seconds)[1], result


def _wait(device: str) -> None:
    if device.startswith("cuda"):
        torch.cuda.synchronize(device)


def _model(seed: int) -> Any:
    torch.manual_seed(seed)
    config = BertConfig(intermediate_size=256, max_position_embeddings=TOKENS, **SIZES)
    return BertForSequenceClassification(config).eval()


def _texts(device: str, seed: int) -> Batch:
    torch.manual_seed(seed)
    ids = torch.randint(SIZES["vocab_size"], (ROWS, TOKENS), device=device)
    return Batch(ids, torch.ones_like(ids))


def _adapter(seed: int, device: str) -> AdapterTensors:
    torch.manual_seed(seed)
    width = SIZES["hidden_size"]
    names = [f"bert.encoder.layer.{layer}.attention.self.{kind}" for layer in range(2) for kind in ("query", "value")]
    a = {name: torch.randn(RANK, width, device=device) * 0.1 for name in names}
    b = {name: torch.randn(width, RANK, device=device) * 0.1 for name in names}
    head = (torch.randn(2, width, device=device) * 0.1, torch.zeros(2, device=device))
    return AdapterTensors(a, b, {"classifier": head}, 2.0)
