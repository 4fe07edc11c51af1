"""A folder of artifacts to spoil."""

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from grader.validating import CaseContext


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "artifacts"
    (root / "model").mkdir(parents=True)
    (root / "checkpoints" / "checkpoint-2").mkdir(parents=True)
    (root / "metrics.json").write_text(
        json.dumps({"n": 4, "accuracy": 0.75, "confusion": [[1, 0], [1, 2]], "log": [1, 2, 3, 4, 5]}), "utf-8"
    )
    (root / "predictions.csv").write_text("row_id,label,score\n0,1,0.9\n1,0,0.8\n2,1,0.7\n3,1,0.6\n", "utf-8")
    tensors = {"encoder.weight": torch.ones(2, 3), "classifier.weight": torch.full((2, 2), 3.0)}
    save_file(tensors, root / "model" / "model.safetensors")
    save_file(tensors, root / "checkpoints" / "checkpoint-2" / "model.safetensors")
    return root


@pytest.fixture
def context(tmp_path: Path) -> CaseContext:
    base = tmp_path / "base"
    base.mkdir()
    save_file({"encoder.weight": torch.zeros(2, 3), "other": torch.ones(1)}, base / "model.safetensors")
    return CaseContext(bases={"org/base": base}, checks_root=tmp_path / "checks", cache=tmp_path / "cache")
