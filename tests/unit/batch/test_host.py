"""The process that forks workers ends with the one that started it."""

import multiprocessing
import subprocess
import sys

from grader.batch.host import Plan


def test_the_host_ends_when_nobody_asks_any_more():
    ours, theirs = multiprocessing.Pipe()
    with theirs:
        host = subprocess.Popen(
            [sys.executable, "-P", "-m", "grader.batch.host", str(theirs.fileno())], pass_fds=(theirs.fileno(),)
        )
    ours.send(Plan(tuple, print))
    ours.close()

    assert host.wait(timeout=60) == 0


def test_a_plan_that_cannot_be_read_ends_the_host():
    ours, theirs = multiprocessing.Pipe()
    with theirs:
        host = subprocess.Popen(
            [sys.executable, "-P", "-m", "grader.batch.host", str(theirs.fileno())],
            pass_fds=(theirs.fileno(),),
            stderr=subprocess.PIPE,
            text=True,
        )
    with ours:
        ours.send_bytes(b"no pickle")
        _, told = host.communicate(timeout=60)

    assert host.returncode == 1
    assert "UnpicklingError" in told
