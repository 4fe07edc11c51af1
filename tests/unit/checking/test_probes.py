"""What a check sees of the student's functions."""

import math
from typing import Any

import pytest

from grader.checking.outcome import CheckFailure, Missing
from grader.checking.probes import Call, Probes
from grader.model.probe import Probe, ProbeCall, ProbeError, ProbeRecord

TENSOR = {"dtype": "float32", "shape": [1, 2], "device": "cpu", "requires_grad": True, "values": [1.5, "nan"]}


def call(output: Any = None, error: ProbeError | None = None, **inputs: Any) -> Call:
    return Call("f", ProbeCall(inputs, output, error, {"model": {"training": [True, 0]}, "x": 5}))


def test_outputs_are_numbers_tensors_and_mappings():
    made = call({"t": {"$tensor": TENSOR}, "n": {"$float": "inf"}, "d": {"$dtype": "int8"}, "l": [1]})
    tensor = made.tensor("t")
    assert (tensor.shape, tensor.dtype, tensor.requires_grad) == ((1, 2), "float32", True)
    assert tensor.array()[0, 0] == 1.5
    assert math.isnan(tensor.values[1])
    assert made.number("n") == math.inf
    assert (made.output["d"], made.output["l"]) == ("torch.int8", [1])
    assert call([1, 2]).items() == [1, 2]


@pytest.mark.parametrize(
    ("output", "words"),
    [(None, "nothing"), (True, "yes or no"), ("x", "a text"), ([1], "a list"), ({"$tensor": TENSOR}, "a tensor")],
)
def test_something_else_than_a_number_is_named(output: Any, words: str):
    with pytest.raises(CheckFailure, match=words):
        call(output).number()


def test_a_pipeline_is_what_is_known_of_it():
    made = call({"$pipeline": {"number": 2, "task": "fill-mask", "training": True}}).pipeline()
    assert (made.number, made.task, made.training) == (2, "fill-mask", True)


@pytest.mark.parametrize("output", ["x", {"$pipeline": {"number": "x"}}, {"$pipeline": 1}])
def test_what_is_no_pipeline_is_a_failure_of_the_check(output: Any):
    with pytest.raises(CheckFailure, match="pipeline"):
        call(output).pipeline()


def test_other_types_and_missing_names_are_failures():
    for ask in (call(1).tensor, call({}).items, lambda: call(1).number("a")):
        with pytest.raises(CheckFailure):
            ask()
    with pytest.raises(Missing, match="has no `a`"):
        call({"b": 1}).number("a")


@pytest.mark.parametrize(
    "change",
    [{"shape": [3]}, {"shape": [-1, -2]}, {"shape": None}, {"values": [None, 1]}, {"values": ["x", 1]}, {"values": 1}],
)
def test_a_forged_tensor_is_a_failure_of_the_check(change: dict[str, Any]):
    with pytest.raises(CheckFailure, match="tensor"):
        call({"$tensor": TENSOR | change}).tensor()


@pytest.mark.parametrize(
    ("kind", "text", "words"),
    [
        ("missing", "", "has no function `f`"),
        ("not callable", "", "not a function"),
        ("not attempted", "Exercise 3: do it", "Exercise 3 is not attempted yet."),
        ("timeout", "", "did not come to an end"),
        ("ended", "exit code 3", "ended the Python process (exit code 3)"),
        ("too large", "", "more than is kept"),
        ("unsuitable", "a value of type set", "returned a value of type set"),
        ("raised", "ValueError: no", "raised ValueError: no"),
        ("not called", "", "had ended before"),
    ],
)
def test_each_way_to_give_no_answer_has_its_sentence(kind: str, text: str, words: str):
    with pytest.raises(CheckFailure) as caught:
        _ = call(error=ProbeError(kind, text), x=1).output
    assert words in caught.value.message
    assert ("run to its end" in caught.value.hint) is (kind == "not called")


def test_the_words_of_a_call_are_short_and_hide_what_nobody_reads():
    made = call(d={"$dtype": "int8"}, t={"$tensor": TENSOR}, m={"$module": {}}, o={"a": 1}, x="y" * 500)
    assert made.words.startswith("f(d=torch.int8, t=tensor of shape [1, 2], m=model, o={'a': 1}, x='yyy")
    assert len(made.words) < 180


def test_the_mode_of_a_module_and_the_module_itself_can_be_asked_for():
    made = call(model={"$dtype": "int8"})
    assert made.training("model") == [True, False]
    assert (made.training("x"), made.training("none")) == (None, None)
    assert str(made.built("model")) == "torch.int8"


def test_probes_are_found_by_function_and_generator():
    calls = [ProbeCall({"x": number}) for number in range(3)]
    record = ProbeRecord(
        "n", (Probe("f", "a", (calls[0],)), Probe("f", "b", (calls[1],)), Probe("g", "a", (calls[2],)))
    )
    probes = Probes(record)
    assert [made.inputs["x"] for made in probes.of("f")] == [0, 1]
    assert [made.inputs["x"] for made in probes.of("f", "b")] == [1]
    with pytest.raises(KeyError):
        probes.of("h")
