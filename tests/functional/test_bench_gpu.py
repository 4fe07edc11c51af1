"""The measurements of `make gpu`, small and on the CPU."""

import io
import json
import math
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from bench.gpu.__main__ import show
from bench.gpu.class_at_once import Graded, largest_difference, measure_class
from bench.gpu.many import measure_many
from bench.gpu.memory import measure_memory
from bench.gpu.prepare import lines, make_environment, names_of, needed, wanted
from bench.gpu.wheels import platform
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


@pytest.mark.slow
@pytest.mark.parametrize(("lab", "models"), [("2.5.4", 2), ("2.5.5", 4)])
def test_runs_that_are_measured_together_are_judged_as_each_alone(lab, models):
    told = measure_class(Graded(lab, 2, "smoke", "cpu", 2), ("never", "always"))

    assert "error" not in told, told
    assert (told["notices"], len(told["points"])) == ([], 2)
    assert min(told["points"].values()) > 50  # the few steps of this profile learn too little for the other half
    assert [(one["judged"], one["changes"]) for one in told["again"].values()] == [(2, []), (2, [])]
    (together,) = told["again"]["always"]["together"]
    assert (together["runs"], together["models"], together["left"], together["why"]) == (2, models, 0, [])
    assert told["again"]["always"]["largest_difference"] < 1e-3
    assert told["again"]["never"]["together"] == []
    console = Console(record=True, width=160, file=io.StringIO())
    show({"gpu": "none", "class": [told, {"error": "It broke."}]}, console)
    assert "--together always" in (text := console.export_text())
    assert "It broke." in text


def test_values_are_as_far_apart_as_their_numbers():
    one = {"accuracy": 0.5, "labels": [1, 0], "name": "a", "sure": True}

    assert largest_difference(one, one | {"accuracy": 0.75}) == 0.25
    assert largest_difference(one, one | {"labels": [1, 2]}) == 2
    for other in ({"labels": [1]}, {"name": "b"}, {"sure": False}, {"more": 1}, {"labels": None}):
        assert largest_difference(one, one | other) == math.inf


def test_the_torch_of_the_machine_and_equal_versions_are_kept(tmp_path):
    lock = tmp_path / "lock"
    lock.write_text(f"# pinned\nnumpy==1\ntorch==2.13.0\n\npytest=={pytest.__version__}\nNo_Such.Thing==1\n")

    assert wanted(lines(lock), None) == ["numpy==1", "No_Such.Thing==1"]
    assert wanted(lines(lock), {"no-such-thing"}) == ["No_Such.Thing==1"]


def test_wheels_are_known_by_their_names(tmp_path):
    for name in ("huggingface_hub-2.4.0-py3-none-any.whl", "SQLAlchemy-2.1.9-cp312-cp312-manylinux2014_x86_64.whl"):
        (tmp_path / name).touch()

    assert names_of(tmp_path) == {"huggingface-hub", "sqlalchemy"}
    assert {"torch", "pytest-timeout", "jupyter-client"} <= needed(ROOT / "pyproject.toml")


def test_an_environment_sees_the_packages_of_another_one_after_its_own(tmp_path):
    other = tmp_path / "other" / "site-packages"
    other.mkdir(parents=True)
    (other / "brought.py").write_text("here = 'the other'\n")
    (other / "both.py").write_text("here = 'the other'\n")
    make_environment(tmp_path / "env", [str(other)])
    own = next((tmp_path / "env").glob("lib/python3*/site-packages"))
    (own / "both.py").write_text("here = 'its own'\n")

    code = "import both, brought; print(both.here, brought.here, sep=', ')"
    python = tmp_path / "env" / "bin" / "python"
    done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "its own, the other"


def test_pip_is_asked_for_the_other_machines_python():
    assert platform("3.12")[-4:] == ["--python-version", "3.12", "--implementation", "cp"]
    assert "manylinux_2_28_x86_64" in platform("3.12")
