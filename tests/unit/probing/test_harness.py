"""The harness: what functions return becomes data, and each failure has its kind."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from grader.probing import harness


def call(folder: Path, function: Any, *inputs: dict[str, Any], seconds: float = 5.0) -> list[dict[str, Any]]:
    """Call a function in this process, as where CUDA is in use."""
    target = folder / "probes.jsonl"
    order = [{"name": "function", "seconds": seconds, "calls": list(inputs)}]
    harness.call_all({"function": function}, order, str(target))
    return [json.loads(line) for line in target.read_text("utf-8").splitlines()]


@pytest.fixture
def in_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(harness, "_cuda_is_used", lambda: True)


@pytest.mark.usefixtures("in_kernel")
@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, None),
        (True, True),
        (2**70, 2**70),
        (1.5, 1.5),
        (float("-inf"), {"$float": "-inf"}),
        ("ä\n\x01\U0001f600", "ä\n\x01\U0001f600"),
        ((1, [2]), [1, [2]]),
        ({"a": 1, 2: "b"}, {"a": 1, "2": "b"}),
        (torch.bfloat16, {"$dtype": "bfloat16"}),
        (iter([1, 2]), [1, 2]),
    ],
)
def test_plain_values_are_written_as_they_are(tmp_path: Path, value: Any, written: Any):
    (line,) = call(tmp_path, lambda: value, {})
    assert line["output"] == written


@pytest.mark.usefixtures("in_kernel")
def test_a_tensor_is_written_with_all_that_a_check_asks_for(tmp_path: Path):
    made = torch.tensor([[1.5, float("nan")]], dtype=torch.bfloat16, requires_grad=True)
    (line,) = call(tmp_path, lambda: made, {})
    assert line["output"]["$tensor"] == {
        "dtype": "bfloat16", "shape": [1, 2], "device": "cpu", "requires_grad": True, "values": [1.5, "nan"]
    }  # fmt: skip


@pytest.mark.usefixtures("in_kernel")
def test_an_array_is_a_tensor_of_the_device_numpy(tmp_path: Path):
    (line,) = call(tmp_path, lambda: np.array([1, 2], dtype=np.int32), {})
    assert (line["output"]["$tensor"]["device"], line["output"]["$tensor"]["values"]) == ("numpy", [1, 2])


@pytest.mark.usefixtures("in_kernel")
def test_a_loader_is_read_to_its_end(tmp_path: Path):
    loader = torch.utils.data.DataLoader([1, 2, 3], batch_size=2)  # type: ignore[arg-type]  # a list is a data set
    (line,) = call(tmp_path, lambda: loader, {})
    assert [batch["$tensor"]["values"] for batch in line["output"]] == [[1, 2], [3]]


@pytest.mark.usefixtures("in_kernel")
def test_the_mode_of_a_module_is_written_as_it_was_left(tmp_path: Path):
    module = {"$module": {"layers": [{"kind": "dropout", "p": 0.5}], "training": True}}
    (line,) = call(tmp_path, lambda model: model.eval() and None, {"model": module})
    assert line["after"] == {"model": {"training": [False, False]}}


class TextClassificationPipeline:
    def __init__(self, training: bool) -> None:
        self.task, self.model = "text-classification", torch.nn.Dropout().train(training)


@pytest.mark.usefixtures("in_kernel")
def test_a_pipeline_is_told_apart_from_another_one_and_shows_its_mode(tmp_path: Path):
    kept = TextClassificationPipeline(training=False)
    pipelines = [kept, kept, TextClassificationPipeline(training=True)]
    (line,) = call(tmp_path, lambda: pipelines, {})
    first, again, other = (entry["$pipeline"] for entry in line["output"])
    assert first == again
    assert (first["task"], first["training"], other["training"]) == ("text-classification", False, True)
    assert other["number"] != first["number"]


class Mute(Exception):
    def __str__(self) -> str:
        raise ValueError


def raiser(error: BaseException) -> Any:
    def function() -> None:
        raise error

    return function


@pytest.mark.usefixtures("in_kernel")
@pytest.mark.parametrize(
    ("function", "kind", "text"),
    [
        (raiser(ValueError("no")), "raised", "ValueError: no"),
        (raiser(Mute()), "raised", "Mute: "),
        (raiser(SystemExit(4)), "ended", "4"),
        (raiser(NotImplementedError("Exercise 2: x")), "not attempted", "Exercise 2: x"),
        (set, "unsuitable", "a value of type set"),
        (lambda: {"$x": 1}, "unsuitable", "a mapping with a name that begins with $"),
        (lambda: np.array(["a"]), "unsuitable", "a tensor of <U1"),
        (lambda: 1 << 300, "too large", "a number of more than 256 bits"),
        (lambda: "x" * 300_000, "too large", "more than 200,000 characters"),
        (lambda: [0] * 60_000, "too large", "more than 50,000 values"),
    ],
)
def test_what_cannot_be_kept_says_why(tmp_path: Path, function: Any, kind: str, text: str):
    (line,) = call(tmp_path, function, {})
    assert line["error"] == {"kind": kind, "text": text}


@pytest.mark.usefixtures("in_kernel")
def test_time_that_is_up_ends_the_calls_that_are_left(tmp_path: Path):
    def endless(x: int) -> int:
        while x:
            pass
        return x

    first, second = call(tmp_path, endless, {"x": 0}, {"x": 1}, {"x": 0}, seconds=0.3)
    assert first["output"] == 0
    assert second["error"]["kind"] == "timeout"


def test_a_function_runs_in_a_process_of_its_own(tmp_path: Path):
    seen: list[int] = []

    def spoil(x: int) -> int:
        seen.append(x)
        return x

    (line,) = call(tmp_path, spoil, {"x": 3})
    assert (line["output"], seen) == (3, [])


def test_a_process_that_ends_keeps_what_it_has_answered(tmp_path: Path):
    def leave(x: int) -> int:
        import os

        if x:
            os._exit(9)
        return x

    first, second = call(tmp_path, leave, {"x": 0}, {"x": 1})
    assert first["output"] == 0
    assert second["error"] == {"kind": "ended", "text": "exit code 9"}


def test_more_bytes_than_a_probe_may_return_are_cut_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(harness, "MOST_BYTES", 100_000)
    lines = call(tmp_path, lambda: "x" * 90_000, {}, {}, {})
    assert [line.get("error", {}).get("kind") for line in lines] == [None, "too large"]


def test_names_that_are_no_functions_are_told_apart(tmp_path: Path):
    target = tmp_path / "probes.jsonl"
    order = [{"name": name, "seconds": 1, "calls": [{}]} for name in ("number", "nothing")]
    harness.call_all({"number": 1}, order, str(target))
    kinds = [json.loads(line)["error"]["kind"] for line in target.read_text("utf-8").splitlines()]
    assert kinds == ["not callable", "missing"]


def test_a_function_of_ours_is_called_whatever_the_notebook_calls_by_its_name(tmp_path: Path):
    target = tmp_path / "probes.jsonl"
    order = [{"name": "answer", "seconds": 5, "calls": [{"x": 20}], "source": "def answer(x):\n    return x + 1\n"}]
    harness.call_all({"answer": lambda x: 42}, order, str(target))
    assert json.loads(target.read_text("utf-8"))["output"] == 21
