"""Inputs are fresh for each nonce, the same for the same one, and made only by generators that are there."""

from pathlib import Path

import pytest

from grader.errors import LabFault
from grader.model.lab import Lab, ProbeSpec
from grader.probing.inputs import generator_files, generator_names, plan_probes
from tests.fakes.labs import make_lab

VISIBLE = 'def numbers(draw, parameters):\n    return [{"x": draw.random(), "device": parameters["device"]}]\n'
HIDDEN = 'def more(draw, parameters):\n    return [{"x": (1, 2)}]\n'


def course(root: Path, *specs: ProbeSpec, visible: str = VISIBLE, hidden: str = HIDDEN) -> Lab:
    checks = root / "checks"
    (checks / "hidden").mkdir(parents=True)
    if visible:
        (checks / "probes_2_5_4.py").write_text(visible, "utf-8")
    if hidden:
        (checks / "hidden" / "probes_2_5_4.py").write_text(hidden, "utf-8")
    return make_lab(checks_root=checks, probes=specs or (ProbeSpec("f", "numbers", 2.0), ProbeSpec("f", "more")))


def test_inputs_follow_from_the_nonce(tmp_path: Path):
    lab = course(tmp_path)
    first, again, other = (plan_probes(lab, nonce, {"device": "cpu"}) for nonce in ("a", "a", "b"))
    assert first == again
    assert first[0].calls != other[0].calls
    assert first[0].order() == {"name": "f", "seconds": 2.0, "calls": list(first[0].calls)}


def test_inputs_are_what_json_keeps_of_them(tmp_path: Path):
    assert plan_probes(course(tmp_path), "a", {"device": "cpu"})[1].calls == ({"x": [1, 2]},)


def test_hidden_generators_are_left_out_where_they_are_not(tmp_path: Path):
    planned = plan_probes(course(tmp_path, hidden=""), "a", {"device": "cpu"})
    assert [probe.inputs for probe in planned] == ["numbers"]


@pytest.mark.parametrize("place", ["visible", "hidden"])
def test_a_function_of_ours_goes_to_the_kernel_as_the_text_of_its_file(tmp_path: Path, place: str):
    files = {"visible": VISIBLE, "hidden": HIDDEN}
    files[place] += "def ours(x, device):\n    return x\n"
    lab = course(tmp_path, ProbeSpec("ours", "numbers", ours=True), **files)
    (planned,) = plan_probes(lab, "a", {"device": "cpu"})
    assert planned.order()["source"] == planned.source == files[place]


def test_a_function_of_ours_that_is_nowhere_is_the_labs_fault(tmp_path: Path):
    with pytest.raises(LabFault, match="defines no function ours") as caught:
        plan_probes(course(tmp_path, ProbeSpec("ours", "numbers", ours=True)), "a", {"device": "cpu"})
    assert caught.value.code == "GR201"


def test_a_lab_without_probes_needs_no_files():
    assert plan_probes(make_lab(), "a", {}) == ()


@pytest.mark.parametrize(
    ("visible", "words"),
    [
        ("def other(draw, parameters):\n    return []\n", "no generator numbers"),
        ("def numbers(draw, parameters):\n    return [1]\n", "could not be made"),
        ("def numbers(draw, parameters):\n    return [{'x': object()}]\n", "could not be made"),
        ("def numbers(draw, parameters):\n    return 1 / 0\n", "could not be made"),
        ("def numbers(", "cannot be used"),
    ],
)
def test_a_generator_that_does_not_work_is_the_labs_fault(tmp_path: Path, visible: str, words: str):
    with pytest.raises(LabFault, match=words) as caught:
        plan_probes(course(tmp_path, visible=visible), "a", {"device": "cpu"})
    assert caught.value.code == "GR201"


def test_generators_are_listed_without_being_run(tmp_path: Path):
    lab = course(tmp_path, visible="raise SystemExit\ndef numbers(): ...\n", hidden="def (")
    visible, hidden = generator_files(lab.checks_root, lab.id)
    assert generator_names(visible) == {"numbers"}
    assert generator_names(hidden) == generator_names(tmp_path / "none.py") == frozenset()
