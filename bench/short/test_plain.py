"""The six checks of the short lab as plain pytest functions: for papermill and pytest, nbgrader and otter."""

import json
import random
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path("artifacts")
#: Between what an untrained model reaches and what this one does.
FLOOR = 0.75


def metrics() -> dict[str, Any]:
    return json.loads((FOLDER / "metrics.json").read_text())


@cache
def measured_accuracy() -> float:
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()  # nbgrader takes whatever a check says on stderr for a failure

    draw = random.Random(2)
    numbers = [[draw.randrange(100) for _ in range(24)] for _ in range(400)]
    labels = torch.tensor([int(sum(number >= 50 for number in row) > 12) for row in numbers])
    tokenizer: Any = AutoTokenizer.from_pretrained(FOLDER / "model")
    model: Any = AutoModelForSequenceClassification.from_pretrained(FOLDER / "model").eval()
    ids = tokenizer([" ".join(f"w{number}" for number in row) for row in numbers])["input_ids"]
    with torch.inference_mode():
        logits = model(input_ids=torch.tensor(ids)).logits
    return (logits.argmax(-1) == labels).float().mean().item()


def test_metrics() -> None:
    assert 0 <= metrics()["accuracy"] <= 1
    assert metrics()["steps"] == 100


def test_loss_falls() -> None:
    losses = metrics()["losses"]
    assert losses[-1] / losses[0] <= 0.9


def test_model() -> None:
    config = json.loads((FOLDER / "model/config.json").read_text())
    assert config["architectures"] == ["BertForSequenceClassification"]
    assert len(config.get("id2label", {0: "", 1: ""})) == 2


def test_weights() -> None:
    from safetensors.torch import load_file

    tensors = load_file(FOLDER / "model/model.safetensors")
    assert tensors
    assert all(tensor.isfinite().all() for tensor in tensors.values())


def test_accuracy() -> None:
    assert measured_accuracy() >= FLOOR


def test_claim() -> None:
    assert abs(metrics()["accuracy"] - measured_accuracy()) <= 0.002
