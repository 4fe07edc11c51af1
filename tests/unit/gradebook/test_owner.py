"""A process can be told from its successor."""

import subprocess
import sys

import pytest

from grader.gradebook.owner import is_alive, this_owner

TELL = "from grader.gradebook.owner import this_owner; print(this_owner())"


def test_this_process_lives():
    assert is_alive(this_owner()) is True


def test_a_process_that_ended_is_dead():
    done = subprocess.run([sys.executable, "-c", TELL], capture_output=True, text=True, check=True)

    assert is_alive(done.stdout.strip()) is False


@pytest.mark.parametrize("part", [1, 2, 3])
def test_another_boot_pid_or_start_is_dead(part):
    parts = this_owner().rsplit(":", 3)
    parts[part] = "1"

    assert is_alive(":".join(parts)) is False


def test_of_another_machine_nothing_is_known():
    assert is_alive("elsewhere:" + this_owner().split(":", 1)[1]) is None


def test_nonsense_is_dead():
    assert is_alive("nonsense") is False
    assert is_alive("a:b:c:d") is False
