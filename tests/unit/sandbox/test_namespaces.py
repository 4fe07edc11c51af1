"""The steps by which a box is built without bubblewrap, each time in forks of the test's own."""

import json
import multiprocessing
import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from grader.model.lab import Limits
from grader.sandbox import namespaces, new_root
from grader.sandbox.base import Command
from grader.sandbox.builders import Kept, OwnNamespaces, look_at
from tests.fakes.boxes import needs_namespaces

pytestmark = needs_namespaces
FORK = multiprocessing.get_context("fork")  # coverage follows such a process, and it may change itself for good
WELL = 7


def forked(body: Callable[[], object]) -> int:
    def run() -> None:
        body()
        sys.exit(WELL)

    process = FORK.Process(target=run)
    process.start()
    process.join()
    assert process.exitcode is not None
    return process.exitcode


def test_namespaces_have_the_same_user_and_nobody_else():
    def body() -> None:
        user = os.getuid()
        namespaces._make_namespaces()
        assert os.getuid() == user
        assert Path("/proc/self/uid_map").read_text().split() == [str(user), str(user), "1"]
        assert Path("/proc/self/setgroups").read_text() == "deny\n"

    assert forked(body) == WELL


def test_loopback_is_raised_and_is_all_there_is():
    def body() -> None:
        namespaces._make_namespaces()
        namespaces._raise_loopback()
        with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()):
            pass
        assert [name for _, name in socket.if_nameindex()] == ["lo"]

    assert forked(body) == WELL


def test_a_call_that_the_kernel_refuses_is_named():
    with pytest.raises(OSError, match="prctl 99999"):
        namespaces._call(99999, 0)
    with pytest.raises(OSError, match="No such file"):
        new_root._mount("none", "/no/such/folder", "tmpfs", 0)


def test_the_end_of_the_wanted_process_is_waited_for_as_a_shell_tells_it():
    def body() -> None:
        other, wanted = os.fork(), 0
        if other == 0:
            os._exit(9)
        wanted = os.fork()
        if wanted == 0:
            os.kill(os.getpid(), 9)
        assert namespaces._wait_for(wanted) == 128 + 9
        namespaces._close_all_but((2,))
        assert namespaces._wait_for(-5) == 1

    assert forked(body) == WELL


def plan_for(tmp_path: Path) -> dict:
    """What the product asks for, with the folder where coverage writes."""
    (tmp_path / "box").mkdir()
    (tmp_path / "shown").mkdir()
    (tmp_path / "shown" / "file").write_text("shown")
    own = [Path(sys.prefix), Path(sys.base_prefix), Path(new_root.__file__).parents[2]]
    command = Command(
        ("true",), tmp_path / "box", {}, Limits(), (tmp_path / "box", Path.cwd()), readable=(tmp_path / "shown",)
    )
    sight = look_at(command, [path for path in own if not path.is_relative_to("/usr")], staged=False)
    kept = Kept()
    with kept.resources:
        inner = OwnNamespaces().plan(command, sight, ("true",), kept, counted=False).inner
    assert inner is not None
    return json.loads(json.dumps(inner))


def test_the_new_root_shows_what_was_asked_for_and_nothing_else(tmp_path):
    plan = plan_for(tmp_path)

    def first_process() -> None:
        namespaces._unshare(0x20000, "mounts")
        new_root.build_root(plan)
        assert os.getpid() == 1
        assert (tmp_path / "shown" / "file").read_text() == "shown"
        (tmp_path / "box" / "made").write_text("x")
        for refused in (tmp_path / "shown" / "new", Path("/new"), Path("/dev/new"), Path("/usr/new")):
            with pytest.raises(OSError, match="Read-only"):
                refused.write_text("x")
        assert not Path("/root/.bashrc").exists()
        assert not Path("/home").exists()
        assert Path("/bin/sh").exists()
        assert [path.name for path in Path("/proc").iterdir() if path.name.isdigit()] == ["1"]
        Path("/dev/null").write_text("x")
        Path("/tmp/mine").write_text("x")
        state = os.statvfs("/dev/shm")
        assert state.f_blocks * state.f_frsize == 512 * 1024**2

    def outer() -> None:
        namespaces._make_namespaces()
        assert forked(first_process) == WELL

    assert forked(outer) == WELL
    assert (tmp_path / "box" / "made").read_text() == "x"


def test_a_path_that_is_gone_is_named(tmp_path):
    plan = plan_for(tmp_path) | {"binds": [(str(tmp_path / "gone"), str(tmp_path / "gone"), False)]}

    def first_process() -> None:
        namespaces._unshare(0x20000, "mounts")
        with pytest.raises(OSError, match="gone"):
            new_root.build_root(plan)

    def outer() -> None:
        namespaces._make_namespaces()
        assert forked(first_process) == WELL

    assert forked(outer) == WELL
