"""Labs 2.5.4 and 2.5.5 in their `full` profile, on models of real size with random weights."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from grader.hub.base import base_of, ensure_base, snapshot_dir
from grader.hub.repo import MiniatureRepo, RepoMeta

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


def run_lab(lab: str, device: str, fields: dict[str, Any] | None = None, sets: tuple[str, ...] = ()) -> dict[str, Any]:
    """Grade a reference solution in the `full` profile.

    Args:
        lab: `2.5.4` or `2.5.5`.
        device: for `--device`.
        fields: of the model's configuration; those of `REAL` when left out.
        sets: further `name=value` parameters, to make it smaller.

    Returns:
        Seconds of the run and of everything, peak memory, status, parameters of the model, and the grade.
    """
    with tempfile.TemporaryDirectory(prefix="bench-gpu-") as name:
        root = Path(name)
        base, parameters = _real_base(lab, root, REAL[lab][1] if fields is None else fields)
        notebook = ROOT / "solutions" / "module-2.5" / NOTEBOOKS[lab]
        command = [sys.executable, "-m", "grader", "grade", str(notebook), "--lab", lab, "--profile", "full", "--json"]
        command += ["--device", device, "--runs", str(root / "runs"), "--exit-zero"]
        for one in sets:
            command += ["--set", one]
        began = time.perf_counter()
        environment = os.environ | {"GRADER_HUB_BASE": str(base)}
        done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment, check=False)
        wall = time.perf_counter() - began
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
        "score": grade["score"],
        "possible": grade["possible"],
        "cells": [{"number": cell["number"], "seconds": cell["seconds"]} for cell in run["cells"]],
    }


def _real_base(lab: str, root: Path, fields: dict[str, Any]) -> tuple[Path, int]:
    """Make a Hub whose base model has the real size, with the miniature's tokenizer and random weights."""
    from transformers import AutoConfig, AutoModelForMaskedLM

    repo_id = REAL[lab][0]
    mini = ensure_base([repo_id], [DATA], root / "cache", lambda _: None)
    folder = root / "model"
    shutil.copytree(snapshot_dir(mini, repo_id), folder)
    for file in folder.iterdir():
        file.chmod(0o644)
    config = AutoConfig.from_pretrained(folder)
    for name, value in fields.items():
        setattr(config, name, value)
    model = AutoModelForMaskedLM.from_config(config)
    (folder / "model.safetensors").unlink()
    model.save_pretrained(folder, max_shard_size="20GB")
    data = MiniatureRepo("dataset", DATA, snapshot_dir(mini, f"datasets/{DATA}"), RepoMeta())
    base = base_of([MiniatureRepo("model", repo_id, folder, RepoMeta()), data], root / "cache", lambda _: None)
    return base, sum(parameter.numel() for parameter in model.parameters())
