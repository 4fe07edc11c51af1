"""Changes to the artifacts of lab 2.5.5 that keep the rest of a submission consistent, as a real mistake would."""

import json
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

ADAPTER = "adapter/adapter_model.safetensors"
CONFIG = "adapter/adapter_config.json"
PREFIX = "base_model.model."


def merge_again(folder: Path, context) -> None:
    """Write merged/ anew from the base and the adapter as it is now."""
    base = load_file(context.bases["google-bert/bert-base-uncased"] / "model.safetensors")
    adapter, config = load_file(folder / ADAPTER), _read(folder / CONFIG)
    merged = load_file(folder / "merged/model.safetensors")
    for name, tensor in adapter.items():
        if ".lora_A." in name:
            target = name.removeprefix(PREFIX).replace(".lora_A.", ".")
            b = adapter[name.replace(".lora_A.", ".lora_B.")]
            merged[target] = base[target] + config["lora_alpha"] / config["r"] * b @ tensor
        elif name.removeprefix(PREFIX).startswith("classifier"):
            merged[name.removeprefix(PREFIX)] = tensor.clone()
    save_file(merged, folder / "merged/model.safetensors", metadata={"format": "pt"})


def sum_parts(folder: Path) -> None:
    """Report the sum of the parts as the peak."""
    report = _read(folder / "comparison.json")
    for way in ("full", "lora"):
        side = report[way]
        side["peak_bytes"] = sum(
            side[key] for key in ("weights_bytes", "gradient_bytes", "optimizer_bytes", "activation_bytes")
        )
    _write(folder / "comparison.json", report)
    restate_ratios(folder)


def restate_ratios(folder: Path) -> None:
    """Make the ratios of comparison.json follow from its other numbers again."""
    report = _read(folder / "comparison.json")
    full, lora = report["full"], report["lora"]
    state = [max(side["gradient_bytes"] + side["optimizer_bytes"], 1) for side in (full, lora)]
    report["ratios"] = {
        "trainable": full["trainable"] / lora["trainable"],
        "state": state[0] / state[1],
        "peak": full["peak_bytes"] / lora["peak_bytes"],
    }
    _write(folder / "comparison.json", report)


def copy_key(folder: Path, source: str, path: str, key: str) -> None:
    """Put the value at one dotted key of comparison.json at a key of another file or of the same one."""
    value = _read(folder / "comparison.json")
    for part in source.split("."):
        value = value[part]
    report = _read(folder / path)
    *outer, last = key.split(".")
    place = report
    for part in outer:
        place = place[part]
    place[last] = value
    _write(folder / path, report)


def forget_head(folder: Path) -> None:
    """Leave the head out of the adapter, as without `task_type`: it stays frozen, and the counts say so."""
    config, tensors = _read(folder / CONFIG), load_file(folder / ADAPTER)
    config["modules_to_save"], config["task_type"] = None, None
    kept = {name: tensor for name, tensor in tensors.items() if ".lora_" in name}
    save_file(kept, folder / ADAPTER, metadata={"format": "pt"})
    _write(folder / CONFIG, config)
    _recount(folder, kept)


def widen(folder: Path, rank: int) -> None:
    """Give the adapter a larger rank: the same function, far more parameters, all of them reported truly."""
    config, tensors = _read(folder / CONFIG), load_file(folder / ADAPTER)
    old = config["r"]
    generator = torch.Generator().manual_seed(0)
    for name in [name for name in tensors if ".lora_" in name]:
        tensor = tensors[name]
        if ".lora_A." in name:
            extra = 0.1 * torch.randn(rank - old, tensor.shape[1], generator=generator)
            tensors[name] = torch.cat([tensor, extra])
        else:
            tensors[name] = torch.cat([tensor, torch.zeros(tensor.shape[0], rank - old)], dim=1)
    config["lora_alpha"] *= rank / old
    config["r"] = rank
    save_file(tensors, folder / ADAPTER, metadata={"format": "pt"})
    _write(folder / CONFIG, config)
    _recount(folder, tensors)


def _recount(folder: Path, tensors: dict) -> None:
    """Report the counts and bytes of an adapter that holds these tensors."""
    report = _read(folder / "comparison.json")
    lora = report["lora"]
    learning = sum(tensor.numel() for tensor in tensors.values())
    more = learning - lora["trainable"]
    lora["total"] += more
    lora["trainable"] = learning
    lora["weights_bytes"], lora["gradient_bytes"] = 4 * lora["total"], 4 * learning
    lora["optimizer_bytes"] = 8 * learning
    lora["peak_bytes"] += 16 * more
    _write(folder / "comparison.json", report)
    restate_ratios(folder)


def _read(path: Path) -> dict:
    return json.loads(path.read_text("utf-8"))


def _write(path: Path, content: dict) -> None:
    path.write_text(json.dumps(content, indent=2), "utf-8")
