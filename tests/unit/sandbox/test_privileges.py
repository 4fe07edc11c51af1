"""What a process gives up, each time in a fork of the test's own."""

import multiprocessing
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from grader.sandbox import namespaces
from grader.sandbox.privileges import drop_capabilities, filter_calls, gain_no_more
from grader.sandbox.seccomp import build_filter
from tests.fakes.boxes import needs_namespaces

pytestmark = needs_namespaces
FORK = multiprocessing.get_context("fork")
WELL = 7


def forked(body: Callable[[], object]) -> int | None:
    """Run in a fork with every capability in a user namespace of its own."""

    def run() -> None:
        namespaces._make_namespaces()
        body()
        sys.exit(WELL)

    process = FORK.Process(target=run)
    process.start()
    process.join()
    return process.exitcode


def status(name: str) -> str:
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(name))
    return line.split()[1]


def test_no_capability_is_left_anywhere():
    def body() -> None:
        assert status("CapEff:") != "0" * 16
        drop_capabilities()
        assert {status(name) for name in ("CapEff:", "CapPrm:", "CapInh:", "CapBnd:", "CapAmb:")} == {"0" * 16}

    assert forked(body) == WELL


def test_what_is_given_up_cannot_be_gained_again():
    def body() -> None:
        gain_no_more()
        assert status("NoNewPrivs:") == "1"

    assert forked(body) == WELL


def test_calls_are_filtered_for_good():
    def body() -> None:
        drop_capabilities()
        gain_no_more()
        filter_calls(build_filter(cgroup=True))
        assert status("Seccomp:") == "2"
        with pytest.raises(PermissionError):
            namespaces._unshare(0x10000000, "another")

    assert forked(body) == WELL


def test_without_the_right_to_drop_the_bounding_set_nothing_is_half_dropped_in_silence():
    def body() -> None:
        drop_capabilities()
        # none are left: what fails now is told, with what the kernel refused
        with pytest.raises(PermissionError, match="bounding set"):
            drop_capabilities()

    assert forked(body) == WELL


def test_a_filter_that_makes_no_sense_is_refused_by_name():
    def body() -> None:
        gain_no_more()
        with pytest.raises(OSError, match="filter of system calls"):
            filter_calls(b"")

    assert forked(body) == WELL
