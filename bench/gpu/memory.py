"""Peak memory of full fine-tuning against LoRA: by CUDA, by storages, and predicted without memory."""

import json
import subprocess
import sys
from dataclasses import asdict
from typing import Any

from bench.gpu.sizes import EIGHT, MODELS
from grader.measuring.causal_memory import Training, ask_cuda, count, predict

LENGTH = 512
#: Rows by model: enough that the device works, few enough that full training of 1 B fits 24 GiB in bfloat16.
ROWS = {"miniature": 16, "0.1 B": 8, "1 B": 1}
MAX_SECONDS = 900


def measure_memory(
    device: str,
    models: dict[str, dict[str, Any]] = MODELS,
    length: int = LENGTH,
    dtypes: tuple[str, ...] = ("float32", "bfloat16"),
) -> list[dict[str, Any]]:
    """Measure every model in full and with LoRA, each in a process of its own.

    Args:
        device: `cuda`, or `cpu`, where storages alone are counted.
        models: fields of configurations, by name.
        length: tokens of a row.
        dtypes: of weights, gradients and moments.

    Returns:
        One row per model, method and dtype; a combination that failed has an `error`.
    """
    trainings = [
        (name, Training(config, method, ROWS.get(name, 1), length, dtype))
        for name, config in models.items()
        for dtype in dtypes
        for method in ("full", "lora")
        if not (name == "1 B" and dtype == "float32")
    ]
    return [{"model": name, **_in_a_process(training, device)} for name, training in trainings]


def predict_large(length: int = LENGTH) -> list[dict[str, Any]]:
    """Predict 8 B with checkpointing, which no single small GPU holds in full."""
    return [
        {"model": "8 B", "method": method, "dtype": "bfloat16", "predicted": predict(training)["peak"]}
        for method in ("full", "lora")
        for training in [Training(EIGHT, method, 1, length, "bfloat16", checkpointing=True)]
    ]


def _in_a_process(training: Training, device: str) -> dict[str, Any]:
    facts = {"method": training.method, "dtype": training.dtype, "batch": training.batch, "length": training.length}
    command = [sys.executable, "-m", "bench.gpu.memory", json.dumps(asdict(training)), device]
    done = subprocess.run(command, capture_output=True, text=True, timeout=MAX_SECONDS, check=False)
    if done.returncode:
        return facts | {"error": done.stderr.strip().splitlines()[-1][:300] if done.stderr.strip() else "killed"}
    return facts | json.loads(done.stdout.splitlines()[-1])


def one(training: Training, device: str) -> dict[str, Any]:
    """Measure one training, on this process's device."""
    predicted = predict(training)
    parts = count(training, device)
    row: dict[str, Any] = {"predicted": predicted["peak"], "storages": parts["peak"], "parts": parts}
    row["activation_share"] = parts["activations"] / sum(
        parts[name] for name in ("weights", "gradients", "optimizer", "activations")
    )
    truth = parts["peak"]
    if device.startswith("cuda"):
        import torch

        torch.cuda.empty_cache()
        said = ask_cuda(training, device)
        row |= asdict(said)
        truth = said.allocated - said.workspaces  # a constant of the device, which is no matter of the model
    return row | {"prediction_error": predicted["peak"] / truth - 1}


if __name__ == "__main__":
    print(json.dumps(one(Training(**json.loads(sys.argv[1])), sys.argv[2])))
