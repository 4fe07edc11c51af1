"""Looking at trees of processes."""

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import psutil
import pytest

from grader.sandbox import tree
from grader.sandbox.tree import LinuxTree, PortableTree, Process, read_process, send, stragglers, tree_below

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")

NOBODY = 2**22 + 7  # above every process number


@pytest.fixture
def child():
    """A process that prints when it is up and sleeps."""
    code = "import time; kept = b'1' * 5_000_000; print('up', flush=True); time.sleep(60)"
    with subprocess.Popen(
        [sys.executable, "-I", "-c", code], stdout=subprocess.PIPE, env={"GRADER_TEST": "m4rk"}
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"up\n"
        yield process
        process.kill()


@pytest.fixture
def family():
    """A process with a child that sleeps, and the child's number; the child is not waited for."""
    code = """
        import os, time
        child = os.fork()
        if child == 0:
            time.sleep(60)
        print(child, flush=True)
        time.sleep(60)
        """
    argv = [sys.executable, "-I", "-S", "-c", textwrap.dedent(code)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        yield process, int(process.stdout.readline())
        process.kill()


@pytest.mark.parametrize("kind", [LinuxTree, PortableTree])
def test_a_child_is_seen_with_its_figures(kind, child):
    found = {process.pid: process for process in kind(os.getpid()).processes()}
    assert found[child.pid].threads == 1
    assert found[child.pid].resident_bytes > 5_000_000
    assert os.getpid() not in found


@pytest.mark.parametrize("kind", [LinuxTree, PortableTree])
def test_killing_a_tree_leaves_only_its_root_and_zombies(kind, family):
    root, below = family  # a tree of its own: the processes below this one serve other tests

    assert kind(root.pid).kill(5.0) == {below}
    assert kind(root.pid).processes() == []
    assert read_process(below) is None
    assert root.poll() is None


@pytest.mark.parametrize("kind", [LinuxTree, PortableTree])
def test_a_root_that_is_gone_has_an_empty_tree(kind):
    assert kind(NOBODY).processes() == []
    assert kind(NOBODY).kill(5.0) == set()


def test_impatience_ends_a_kill_that_does_not_get_through(child, monkeypatch):
    monkeypatch.setattr(tree, "send", lambda pid, number: None)
    LinuxTree(os.getpid()).kill(0.05)
    assert read_process(child.pid) is not None


def test_shared_pages_count_no_more_than_resident_ones(child):
    process = read_process(child.pid)
    assert process is not None
    assert 5_000_000 < LinuxTree(os.getpid()).shared_out_bytes([process]) <= process.resident_bytes * 1.1
    assert PortableTree(os.getpid()).shared_out_bytes([process]) == process.resident_bytes


@pytest.mark.parametrize("kind", [LinuxTree, PortableTree])
def test_anonymous_memory_leaves_out_what_a_file_backs(kind, child):
    process = read_process(child.pid)
    assert process is not None
    assert 5_000_000 < kind(os.getpid()).anonymous_bytes([process]) < process.resident_bytes - 1_000_000


@pytest.mark.parametrize("kind", [LinuxTree, PortableTree])
def test_a_process_that_is_gone_counts_nothing(kind):
    gone = [Process(NOBODY, 0.0, 1, 0.0, 5)]
    assert kind(os.getpid()).anonymous_bytes(gone) == 0
    assert LinuxTree(os.getpid()).shared_out_bytes(gone) == 0


def test_a_living_process_without_a_map_counts_as_resident(child, monkeypatch):
    process = read_process(child.pid)
    assert process is not None
    read = Path.read_bytes

    def without_map(path):
        if path.name == "smaps_rollup":
            raise PermissionError
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", without_map)
    assert LinuxTree(os.getpid()).shared_out_bytes([process]) == process.resident_bytes


def test_names_with_parentheses_do_not_confuse_the_reader(tmp_path):
    program = tmp_path / "a) (R 1"
    program.symlink_to(sys.executable)
    with subprocess.Popen(
        [program, "-I", "-S", "-c", "print('up', flush=True); input()"], stdin=-1, stdout=-1
    ) as running:
        assert running.stdout is not None
        running.stdout.readline()
        process = read_process(running.pid)
        assert process is not None
        assert process.threads == 1
        running.kill()


def test_signals_to_nobody_are_not_an_error():
    send(NOBODY, signal.SIGKILL)


def test_stragglers_are_found_by_what_is_known_and_by_their_mark(child):
    process = read_process(child.pid)
    assert process is not None
    assert stragglers([process], "no such mark") == [child.pid]
    assert stragglers([], "GRADER_TEST=m4rk") == [child.pid]
    later = Process(child.pid, process.started + 1, 1, 0.0, 0)
    assert stragglers([later], "no such mark") == []


def test_without_proc_stragglers_are_found_by_their_start(child, monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    started = psutil.Process(child.pid).create_time()
    known = [Process(child.pid, started, 1, 0.0, 0), Process(NOBODY, 0.0, 1, 0.0, 0)]
    assert stragglers(known, "") == [child.pid]
    child.kill()
    child.wait()
    assert stragglers(known, "") == []


def test_the_best_view_of_this_platform_is_chosen(monkeypatch):
    assert isinstance(tree_below(1), LinuxTree)
    monkeypatch.setattr(Path, "exists", lambda path: False)
    assert isinstance(tree_below(1), PortableTree)
