import json
import sys

import pytest

from grader.errors import InternalFault
from grader.sandbox import box_sandbox, bubblewrap, own_box, probes
from grader.sandbox.base import Contained, Promise, Sandbox
from grader.sandbox.bubblewrap import BubblewrapSandbox, missing
from grader.sandbox.own_box import NamespaceSandbox
from grader.sandbox.probes import probe, try_out


class Box(Sandbox):
    """Answers a probe as it is told to."""

    def __init__(self, answer=None, exit_code=0, plant=False):
        self.answer = answer
        self.exit_code = exit_code
        self.plant = plant
        self.runs = 0

    def promise(self):
        return Promise("box", official=True, covers=("files",))

    def available(self):
        return None

    def run(self, command, on_tick=None):
        self.runs += 1
        if self.answer is not None:
            (command.cwd / "answer.json").write_text(json.dumps(self.answer))
        if self.plant:
            (command.cwd.parent / "outside" / "planted").write_text("x")
        return Contained(self.exit_code, None, None, "", 0, 0, 0, 0)


@pytest.fixture(autouse=True)
def memory(tmp_path, monkeypatch):
    monkeypatch.setattr(probes.platformdirs, "user_cache_dir", lambda name: str(tmp_path / "cache"))
    return tmp_path / "cache" / "sandbox-box.sha256"


def test_a_box_from_which_nothing_gets_out_holds_and_is_not_tried_twice():
    box = Box({"read a file outside": False})

    assert probe(box) is None
    assert probe(box) is None
    assert box.runs == 1


def test_what_got_out_is_named_and_tried_again_the_next_time():
    box = Box({"read a file outside": True, "connect to the machine": False})

    assert "read a file outside" in (probe(box) or "")
    assert probe(box) is not None
    assert box.runs == 2


@pytest.mark.parametrize(
    ("box", "words"),
    [
        (Box({"read": False}, plant=True), "write a file outside"),
        (Box(None), "did not answer"),
        (Box({"read": False}, exit_code=3), "ended with 3"),
    ],
)
def test_a_box_is_judged_from_outside_as_well(box, words):
    assert words in (try_out(box) or "")


def test_a_memory_that_cannot_be_written_only_costs_time(memory):
    memory.parent.write_text("a file")
    box = Box({"read": False})

    assert probe(box) is None
    assert probe(box) is None
    assert box.runs == 2


def test_a_machine_that_cannot_have_boxes_says_why(monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(bubblewrap.shutil, "which", lambda name: None)
        assert "not installed" in (missing() or "")
    with monkeypatch.context() as patch:
        patch.setattr(box_sandbox.seccomp, "supported", lambda: False)
        assert "not known" in (missing() or "")
    with monkeypatch.context() as patch:
        patch.setattr(own_box, "version", lambda: 0)
        assert NamespaceSandbox().available() == "The kernel has no Landlock."
    monkeypatch.setattr(sys, "platform", "darwin")
    assert missing() == "Boxes need Linux."


def test_a_box_that_cannot_be_built_is_not_available_and_does_not_leak(monkeypatch):
    def broken(sandbox):
        raise InternalFault("GR503", "The box could not be built.")

    monkeypatch.setattr(bubblewrap, "missing", lambda: None)
    monkeypatch.setattr(box_sandbox, "probe", broken)
    sandbox = BubblewrapSandbox()

    assert sandbox.available() == "The box could not be built."
    assert sandbox.leaks() is None
