"""The second lock on files, each time in a fork of the test's own."""

import multiprocessing
import os
import socket
import sys
from pathlib import Path

import pytest

from grader.sandbox import landlock
from grader.sandbox.landlock import handled, restrict, version
from grader.sandbox.launcher import control_process

FORK = multiprocessing.get_context("fork")
needs_landlock = pytest.mark.skipif(
    not sys.platform.startswith("linux") or version() == 0, reason="the kernel has no Landlock"
)


def locked(tmp_path, body):
    """Run something behind the lock; `open` below the given folder may be written, `used` only used."""
    for name in ("open", "used", "shut"):
        (tmp_path / name).mkdir(exist_ok=True)
        (tmp_path / name / "file").write_text("here")

    def run():
        control_process(38, 1)
        # coverage writes where it was started
        restrict([str(tmp_path / "open"), str(Path.cwd()), "/dev/null"], [str(tmp_path / "used")])
        sys.exit(body(tmp_path))

    process = FORK.Process(target=run)
    process.start()
    process.join()
    return process.exitcode


def refused(action):
    try:
        action()
    except PermissionError:
        return True
    return False


def test_rights_grow_with_the_version():
    assert handled(0) == 0
    assert [handled(known).bit_count() for known in (1, 2, 3, 4, 5, 6, 9)] == [13, 14, 15, 15, 16, 16, 16]


@needs_landlock
def test_everything_may_be_read_and_only_open_folders_written(tmp_path):
    def body(top):
        assert (top / "shut" / "file").read_text() == "here"
        (top / "open" / "new").write_text("x")
        assert refused(lambda: (top / "shut" / "file").write_text("x"))
        assert refused(lambda: (top / "shut" / "new").write_text("x"))
        assert refused((top / "shut" / "file").unlink)
        assert refused(lambda: (top / "shut" / "file").rename(top / "open" / "moved"))
        return 7

    assert locked(tmp_path, body) == 7


@needs_landlock
def test_what_may_be_used_is_written_and_not_made_or_removed(tmp_path):
    def body(top):
        (top / "used" / "file").write_text("x")
        assert refused(lambda: (top / "used" / "new").write_text("x"))
        assert refused((top / "used" / "file").unlink)
        return 7

    assert locked(tmp_path, body) == 7


@pytest.mark.skipif(not sys.platform.startswith("linux") or version() < 6, reason="needs Landlock 6 (Linux 6.12)")
def test_abstract_sockets_and_processes_outside_are_out_of_reach(tmp_path):
    name = f"\0grader-landlock-{os.getpid()}"

    def body(_top):
        with socket.socket(socket.AF_UNIX) as client:
            assert refused(lambda: client.connect(name))
        assert refused(lambda: os.kill(os.getppid(), 0))
        return 7

    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(name)
        listener.listen()
        assert locked(tmp_path, body) == 7


@needs_landlock
def test_what_is_not_there_cannot_be_opened(tmp_path):
    with pytest.raises(OSError, match="No such file"):
        restrict([str(tmp_path / "missing")], [])


def test_a_kernel_without_landlock_is_told_apart(monkeypatch):
    monkeypatch.setattr(landlock._libc, "syscall", lambda *_: -1)
    monkeypatch.setattr(landlock.ctypes, "get_errno", lambda: 38)

    assert version() == 0
    with pytest.raises(OSError, match="Function not implemented"):
        restrict([], [])
