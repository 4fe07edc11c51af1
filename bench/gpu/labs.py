"""Labs 2.5.4 and 2.5.5 in their `full` profile, on models of real size with random weights."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

from grader.hub.base import base_of, ensure_base, snapshot_dir
from grader.hub.repo import MiniatureRepo, RepoMeta
from grader.sandbox.gpus import free_bytes
from grader.wiring.devices import choose_device

ROOT = Path(__file__).parents[2]
DATA = "stanfordnlp/imdb"
NOTEBOOKS = {"2.5.4": "lab-2.5.4-trainer-finetuning.ipynb", "2.5.5": "lab-2.5.5-lora-introduction.ipynb"}
#: Fields of the published configurations; the vocabulary stays that of the miniature's tokenizer.
REAL: dict[str, tuple[str, dict[str, Any]]] = {
    "2.5.4": (
        "distilbert/distilbert-base-uncased",
        {"dim": 768, "hidden_dim": 3072, "n_layers": 6, "n_heads": 12, "max_position_embeddings": 512},
    ),
    "2.5.5": (
        # of the size class of 1 B, so that the gap between the two ways of training shows
        "google-bert/bert-base-uncased",
        {"hidden_size": 2048, "intermediate_size": 8192, "num_hidden_layers": 18, "num_attention_heads": 32}
        | {"max_position_embeddings": 512},
    ),
}
#: The generated reviews are 4,000, and random weights learn nothing from more epochs.
SMALLER = {
    "2.5.4": ("train_rows=3600", "eval_rows=400"),
    "2.5.5": ("train_rows=1024", "full_epochs=1", "lora_epochs=1"),
}


def run_lab(
    lab: str, device: str, fields: dict[str, Any] | None = None, sets: tuple[str, ...] | None = None
) -> dict[str, Any]:
    """Grade a reference solution in the `full` profile.

    Args:
        lab: `2.5.4` or `2.5.5`.
        device: for `--device`.
        fields: of the model's configuration; those of `REAL` when left out.
        sets: `name=value` parameters; those of `SMALLER` when left out.

    Returns:
        Seconds of the run and of everything, peak memory of the machine and of the GPU, rows that training read per
        second, status, parameters of the model, and the grade.
    """
    with tempfile.TemporaryDirectory(prefix="bench-gpu-") as name:
        root = Path(name)
        base, parameters = _real_base(lab, root, REAL[lab][1] if fields is None else fields)
        notebook = ROOT / "solutions" / "module-2.5" / NOTEBOOKS[lab]
        command = [sys.executable, "-m", "grader", "grade", str(notebook), "--lab", lab, "--profile", "full", "--json"]
        command += ["--device", device, "--runs", str(root / "runs"), "--exit-zero"]
        for one in SMALLER[lab] if sets is None else sets:
            command += ["--set", one]
        began = time.perf_counter()
        environment = os.environ | {"GRADER_HUB_BASE": str(base)}
        with _watched(device) as most:
            done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment, check=False)
        wall = time.perf_counter() - began
        run_folder = next((root / "runs").glob("*/"), root)
        rows, faults = _rows_per_second(run_folder / "artifacts"), _faults(run_folder / "verdicts.json")
    if not done.stdout.strip():
        return {"lab": lab, "error": done.stderr.strip()[-600:]}
    grade = json.loads(done.stdout)
    if "run" not in grade:
        return {"lab": lab, "error": grade.get("message", done.stdout[:600])}
    run = grade["run"]
    return {
        "lab": lab,
        "parameters": parameters,
        "status": run["status"],
        "message": run["message"],
        "device": run["device"],
        "gpu": run.get("gpu"),
        "run_seconds": run["wall_seconds"],
        "everything_seconds": wall,
        "peak_memory_bytes": run["peak_memory_bytes"],
        "gpu_peak_bytes": most[0] if most else None,
        "rows_per_second": rows,
        "score": grade["score"],
        "possible": grade["possible"],
        "verdicts": {one["check"]["id"]: one["status"] for one in grade["verdicts"]},
        "faults": faults,
        "cells": [{"number": cell["number"], "seconds": cell["seconds"]} for cell in run["cells"]],
    }


@contextlib.contextmanager
def _watched(device: str) -> Generator[list[int]]:
    """Keep the most memory of the GPU that is in use beyond what was before, as the driver says four times a second."""
    most: list[int] = []
    gpu = choose_device(device, device.partition(":")[0]).gpu
    if gpu is None:
        yield most
        return
    before, ended = free_bytes(gpu), threading.Event()
    most.append(0)

    def watch() -> None:
        while not ended.wait(0.25):
            most[0] = max(most[0], before - free_bytes(gpu))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield most
    finally:
        ended.set()
        watcher.join()


def _faults(verdicts: Path) -> dict[str, str]:
    """The ends of the tracebacks of checks that failed by a fault of ours; no report shows them."""
    if not verdicts.is_file():
        return {}
    told = json.loads(verdicts.read_text("utf-8"))["verdicts"]
    return {one["check"]["id"]: one["staff"][-1500:] for one in told if one["staff"]}


def _rows_per_second(artifacts: Path) -> dict[str, float]:
    """What the lab itself wrote of its training: the Trainer's own figure, or rows, epochs and seconds."""
    found: dict[str, float] = {}
    state = artifacts / "trainer_state.json"
    if state.is_file():
        log = json.loads(state.read_text("utf-8"))["log_history"]
        found["training"] = next(entry["train_samples_per_second"] for entry in log if "train_runtime" in entry)
    for way in ("full", "lora"):
        metrics = artifacts / way / "metrics.json"
        if metrics.is_file():
            told = json.loads(metrics.read_text("utf-8"))
            found[way] = told["train_rows"] * told["epochs"] / told["seconds"]
    return found


def _real_base(lab: str, root: Path, fields: dict[str, Any]) -> tuple[Path, int]:
    """Make a Hub whose base model has the real size, with the miniature's tokenizer and random weights."""
    from transformers import AutoConfig, AutoModelForPreTraining

    repo_id = REAL[lab][0]
    mini = ensure_base([repo_id], [DATA], root / "cache", lambda _: None)
    folder = root / "model"
    shutil.copytree(snapshot_dir(mini, repo_id), folder)
    for file in folder.iterdir():
        file.chmod(0o644)
    config = AutoConfig.from_pretrained(folder)
    for name, value in fields.items():
        setattr(config, name, value)
    # as the published checkpoint: the pooler of BERT is in it
    model = AutoModelForPreTraining.from_config(config)
    (folder / "model.safetensors").unlink()
    model.save_pretrained(folder, max_shard_size="20GB")
    data = MiniatureRepo("dataset", DATA, snapshot_dir(mini, f"datasets/{DATA}"), RepoMeta())
    base = base_of([MiniatureRepo("model", repo_id, folder, RepoMeta()), data], root / "cache", lambda _: None)
    return base, sum(parameter.numel() for parameter in model.parameters())
