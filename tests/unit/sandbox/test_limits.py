"""What limits are called, and which ones the kernel keeps."""

import os
import sys
from pathlib import Path

import pytest

from grader.model.lab import Limits
from grader.sandbox.limits import TASKS_PER_PROCESS, describe, kernel_limits

LIMITS = Limits(
    wall_seconds=600,
    cpu_seconds=90.5,
    memory_bytes=4 * 1024**3,
    processes=20,
    file_bytes=1024,
    disk_bytes=2 * 1024**3,
    output_bytes=16 * 1024**2,
)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("GR401", "600 s"),
        ("GR402", "90.5 s of CPU time"),
        ("GR403", "memory 4.0 GiB"),
        ("GR404", "20 processes"),
        ("GR405", "output 16.0 MiB"),
        ("GR406", "disk 2.0 GiB"),
    ],
)
def test_each_limit_is_named_with_its_figure(code, words):
    assert describe(code, LIMITS) == words


def test_the_kernel_keeps_file_size_cpu_and_core(monkeypatch):
    values = kernel_limits(LIMITS)
    assert values["RLIMIT_FSIZE"] == 1024
    assert values["RLIMIT_CPU"] > 90.5
    assert values["RLIMIT_CORE"] == 0
    monkeypatch.setattr(sys, "platform", "darwin")
    assert "RLIMIT_NPROC" not in kernel_limits(LIMITS)


def test_what_is_not_limited_is_left_to_the_machine():
    values = kernel_limits(Limits(cpu_seconds=None, processes=None, file_bytes=None))
    assert set(values) == {"RLIMIT_CORE", "RLIMIT_NOFILE"}


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs /proc")
def test_the_task_limit_leaves_room_for_what_the_user_runs_already():
    mine = kernel_limits(LIMITS)["RLIMIT_NPROC"] - TASKS_PER_PROCESS * 20
    assert mine >= len(list(Path("/proc/self/task").iterdir()))
    assert os.getuid() >= 0
