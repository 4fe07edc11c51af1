"""The process between the grader and contained code, each time in a fork of the test's own."""

import json
import multiprocessing
import os
import resource
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from grader.sandbox import launcher
from grader.sandbox.launcher import Order, confine, main, supervise

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs subreapers")
FORK = multiprocessing.get_context("fork")  # coverage follows such a process, and it may change itself for good


def order(code: str, **changes: Any) -> Order:
    values: dict[str, Any] = {
        "argv": (sys.executable, "-I", "-c", code),
        "cwd": "/",
        "environment": {},
        "kernel_limits": {"RLIMIT_CORE": 0},
    }
    return Order(**(values | changes))


def in_a_fork(body: Callable[[], int]) -> int:
    process = FORK.Process(target=lambda: sys.exit(body()))
    process.start()
    process.join()
    assert process.exitcode is not None
    return process.exitcode


def supervised(wanted: Order, *, hang_up: bool = False) -> tuple[int, dict[str, Any]]:
    """Have an order supervised; return the exit status and everything that was said."""
    control, keep = os.pipe()
    answers, status = os.pipe()
    process = FORK.Process(target=lambda: (os.close(keep), sys.exit(supervise(wanted, control, status))))
    process.start()
    os.close(status)
    os.close(control)
    said: dict[str, Any] = {}
    with os.fdopen(answers) as lines:
        for line in lines:
            said |= json.loads(line)
            if hang_up and "started" in said and keep >= 0:
                os.close(keep)
                keep = -1
    process.join()
    if keep >= 0:
        os.close(keep)
    assert process.exitcode is not None
    return process.exitcode, said


def test_an_order_survives_its_way_through_a_pipe():
    wanted = order("pass", listen=(8080,))
    assert Order.from_line(wanted.line()) == wanted


def test_the_end_and_the_usage_of_a_command_are_told():
    code, said = supervised(order("import time\nwhile time.process_time() < 0.1: pass\nraise SystemExit(4)"))
    assert (code, said["ended"]) == (0, 4)
    assert said["cpu"] >= 0.1
    assert said["largest"] > 0


def test_a_command_that_cannot_start_is_told():
    code, said = supervised(order("pass", argv=("/no/such/program",)))
    assert code == 1
    assert said["failed"].startswith("FileNotFoundError")


def test_orphans_are_adopted_and_waited_for():
    _, said = supervised(order("import os, time\nif os.fork() == 0: time.sleep(0.2)\nelse: os._exit(0)"))
    assert said["ended"] == 0
    assert "cpu" in said


def test_when_the_grader_hangs_up_everything_is_killed():
    code, said = supervised(order("import time; time.sleep(60)"), hang_up=True)
    assert (code, said["ended"]) == (0, -signal.SIGKILL)


def test_confinement_bounds_a_process_for_good():
    def body() -> int:
        resource.setrlimit(resource.RLIMIT_NOFILE, (300, 300))
        confine({"RLIMIT_CORE": 0, "RLIMIT_NOFILE": 4096, "RLIMIT_FSIZE": 1 << 30})
        assert resource.getrlimit(resource.RLIMIT_CORE) == (0, 0)
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (300, 300)
        assert resource.getrlimit(resource.RLIMIT_FSIZE) == (1 << 30, 1 << 30)
        assert signal.getsignal(signal.SIGXFSZ) == signal.SIG_DFL
        assert Path("/proc/self/oom_score_adj").read_text().strip() == "1000"
        return 7

    assert in_a_fork(body) == 7


def test_confinement_is_plainer_elsewhere_and_a_refused_control_is_an_error(monkeypatch):
    def body() -> int:
        with pytest.raises(OSError, match="prctl"):
            launcher.control_process(-1, 0)
        monkeypatch.setattr(sys, "platform", "darwin")
        confine({"RLIMIT_CORE": 0})
        assert Path("/proc/self/oom_score_adj").read_text().strip() != "1000"
        return 7

    assert in_a_fork(body) == 7


def run_main(line: bytes) -> tuple[int, bytes]:
    control, keep = os.pipe()
    answers, status = os.pipe()
    os.write(keep, line)

    def body() -> int:
        os.close(keep)
        os.dup2(control, 0)
        sys.stdin = os.fdopen(0)
        sys.argv = ["launcher", str(status)]
        return main()

    if not line:
        os.close(keep)
    code = in_a_fork(body)
    os.close(status)
    os.close(control)
    if line:
        os.close(keep)
    with os.fdopen(answers, "rb") as said:
        return code, said.read()


def test_the_program_reads_its_order_from_stdin():
    code, said = run_main(order("raise SystemExit(5)").line())
    assert code == 0
    assert b'"ended": 5' in said


def test_without_an_order_the_program_ends():
    assert run_main(b"") == (1, b"")


def test_nobody_listening_is_not_an_error():
    answers, status = os.pipe()
    os.close(answers)
    control, keep = os.pipe()
    assert in_a_fork(lambda: supervise(order("pass"), control, status)) == 0
    for descriptor in (status, control, keep):
        os.close(descriptor)
