"""The measurements of `make gpu`, small and on the CPU."""

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from bench.gpu.__main__ import show
from bench.gpu.many import measure_many
from bench.gpu.memory import measure_memory
from bench.gpu.prepare import lines, wanted
from grader.wiring.devices import usable_gpus

ROOT = Path(__file__).parents[2]
TINY = {"vocab_size": 100, "hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 1}
TINY |= {"num_attention_heads": 2, "num_key_value_heads": 2}


@pytest.mark.skipif(bool(usable_gpus()[0]), reason="this machine has a GPU")
def test_a_machine_without_a_gpu_is_said_so():
    done = subprocess.run([sys.executable, "-m", "bench.gpu"], cwd=ROOT, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout) == (6, "")
    assert "GR601" in done.stderr


@pytest.mark.slow
def test_memory_is_measured_for_both_methods_and_shown():
    rows = measure_memory("cpu", {"miniature": TINY, "broken": TINY | {"hidden_size": "?"}}, 16, ("float32",))
    many = [measure_many("cpu", students=2, batches=1)]

    assert [row["method"] for row in rows if row["model"] == "miniature"] == ["full", "lora"]
    assert all(abs(row["prediction_error"]) < 0.2 for row in rows if row["model"] == "miniature")
    assert all(row["error"] for row in rows if row["model"] == "broken")
    assert many[0]["checkpoints"]["largest_difference"] < 1e-5
    console = Console(record=True, width=160, file=io.StringIO())
    show({"gpu": "none", "memory": rows, "many": many, "labs": [{"lab": "2.5.4", "error": "no"}]}, console)
    text = console.export_text()
    assert "miniature" in text
    assert "Speed-up" in text
    assert "Lab 2.5.4, full profile: no" in text
    json.dumps([rows, many])


def test_a_torch_that_the_machine_brings_is_kept(tmp_path):
    lock = tmp_path / "lock"
    lock.write_text("# pinned\nnumpy==1\ntorch==2.13.0\n\ntorchx==1\n")

    assert wanted(lines(lock)) == ["numpy==1", "torchx==1", "hatchling", "editables"]
