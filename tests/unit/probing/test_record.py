"""The record has every planned call, with the inputs that we made."""

import json
from pathlib import Path
from typing import Any

from grader.model.probe import ProbeCall
from grader.probing.inputs import PlannedProbe
from grader.probing.record import make_record

PLAN = [PlannedProbe("f", "inputs", 1.0, ({"x": 1}, {"x": 2}))]


def calls(folder: Path, *lines: dict[str, Any]) -> tuple[ProbeCall, ...]:
    target = folder / "probes.jsonl"
    target.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    return make_record("nonce", PLAN, target).probes[0].calls


def kinds(found: tuple[ProbeCall, ...]) -> list[str]:
    return [call.error.kind if call.error else "" for call in found]


def test_outputs_stand_beside_our_own_inputs(tmp_path: Path):
    first, second = calls(
        tmp_path,
        {"probe": 0, "call": 0, "output": 5, "inputs": {"x": 99}, "seconds": 0.1},
        {"probe": 0, "call": 1, "output": None, "after": {"x": 1}},
    )
    assert first == ProbeCall({"x": 1}, 5, None, {}, 0.1)
    assert (second.output, second.after, second.error) == (None, {"x": 1}, None)


def test_the_first_answer_counts(tmp_path: Path):
    lines = [{"probe": 0, "call": 0, "output": value} for value in (1, 2)]
    assert calls(tmp_path, *lines)[0].output == 1


def test_the_reason_that_ended_a_probe_stands_for_the_calls_that_are_left(tmp_path: Path):
    line = {"probe": 0, "call": 0, "error": {"kind": "ended", "text": "exit code 3"}}
    assert kinds(calls(tmp_path, line)) == ["ended", "ended"]


def test_a_call_that_raised_explains_only_itself(tmp_path: Path):
    line = {"probe": 0, "call": 0, "error": {"kind": "raised", "text": "x" * 9000}}
    first, second = calls(tmp_path, line)
    assert first.error is not None
    assert len(first.error.text) == 500
    assert kinds((first, second)) == ["raised", "not called"]


def test_a_kind_that_nobody_knows_is_unsuitable(tmp_path: Path):
    assert kinds(calls(tmp_path, {"probe": 0, "call": 0, "error": {"kind": "passed"}}))[0] == "unsuitable"


def test_a_file_that_is_not_there_leaves_nothing_called(tmp_path: Path):
    assert kinds(make_record("nonce", PLAN, tmp_path / "none").probes[0].calls) == ["not called", "not called"]
