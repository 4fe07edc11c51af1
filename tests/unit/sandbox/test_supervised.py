"""A supervised run whose supervisor does not do what it should."""

import subprocess
import sys
from pathlib import Path

import pytest

from grader.errors import InternalFault
from grader.model.lab import Limits
from grader.sandbox.base import Command
from grader.sandbox.supervised import Supervised
from grader.sandbox.tree import read_process
from grader.sandbox.vessel import PlainVessel

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")


def command(folder: Path, code: str) -> Command:
    return Command((sys.executable, "-I", "-c", code), folder, {}, Limits(wall_seconds=0.5), (folder,))


def test_a_supervisor_that_cannot_be_started_is_our_fault(tmp_path, monkeypatch):
    def refuse(*_arguments: object, **_keywords: object) -> None:
        raise OSError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(subprocess, "Popen", refuse)
    with pytest.raises(InternalFault) as caught:
        Supervised(command(tmp_path, "pass"))
    assert caught.value.code == "GR503"
    assert "Resource temporarily unavailable" in caught.value.message


class Forgetful(PlainVessel):
    """Does not wake a stopped supervisor, and has little patience."""

    patience = 0.3

    def wake(self) -> None:
        """Forget it."""


def test_a_supervisor_that_stays_stopped_is_killed(tmp_path):
    code = "import os, signal, time; os.kill(os.getppid(), signal.SIGSTOP); time.sleep(60)"
    with Supervised(command(tmp_path, code), Forgetful()) as supervised:
        result = supervised.run(None)
    assert result.limit == "GR401"
    assert result.wall_seconds < 10


class Mute(PlainVessel):
    """A supervisor that never comes up."""

    def enter(self, launcher: int):
        """Wait in vain."""
        assert read_process(launcher) is not None
        raise InternalFault("GR503", "The box did not come up.")


def test_a_supervisor_that_does_not_come_up_is_our_fault(tmp_path):
    with pytest.raises(InternalFault) as caught:
        Supervised(command(tmp_path, "pass"), Mute())
    assert caught.value.message.startswith("The box did not come up.")


def test_a_plain_vessel_sees_nothing_that_its_processes_do_not_show(tmp_path):
    vessel = PlainVessel()
    assert (vessel.memory_bytes(), vessel.breach()) == (0, None)
    assert vessel.order(command(tmp_path, "pass"), "A=b").environment == {"A": "b"}
