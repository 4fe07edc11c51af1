import json
import multiprocessing
import os
import random
import signal
import subprocess
import sys

import pytest

from grader.warm import birth
from grader.warm.birth import Memory, program_of, renew

FORK = multiprocessing.get_context("fork")


def in_a_fork(task):
    """Run a function in a fork of this process and return what it returned."""
    reader, writer = os.pipe()
    process = FORK.Process(target=lambda: os.write(writer, json.dumps(task()).encode()))
    process.start()
    process.join()
    os.close(writer)
    with os.fdopen(reader) as pipe:
        return json.loads(pipe.read())


def renewed(then, **environment):
    def task():
        renew(environment, Memory(dict(os.environ), generators=[GENERATOR], path=["/packages"]))
        return then()

    return in_a_fork(task)


GENERATOR = random.Random(7)


def test_a_fork_has_the_environment_of_its_command_and_nothing_else():
    found = renewed(lambda: [dict(os.environ), sys.path, birth.is_forked(), sys.stdin.fileno()], HOME="/run", SEED="1")

    assert found == [{"HOME": "/run", "SEED": "1"}, ["/packages"], True, 0]
    assert not birth.is_forked()


def test_two_forks_draw_other_numbers_from_every_generator():
    def draw():
        return [random.random(), GENERATOR.random()]

    first, second = renewed(draw), renewed(draw)

    assert first[0] != second[0]
    assert first[1] != second[1]


def test_a_fork_that_cannot_be_what_it_should_is_none():
    def task():
        try:
            renew({"TORCH_LOGS": "all"}, Memory({}))
        except RuntimeError as exc:
            return str(exc)
        return ""

    assert "TORCH_LOGS" in in_a_fork(task)


def test_signals_are_those_of_a_fresh_interpreter():
    def task():
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        birth.reset_signals()
        return [
            signal.getsignal(signal.SIGTERM) is signal.SIG_DFL,
            signal.getsignal(signal.SIGINT) is signal.default_int_handler,
        ]

    assert in_a_fork(task) == [True, True]


def test_a_command_of_this_interpreter_is_run_and_not_started(tmp_path, capsys):
    def task():
        program_of((sys.executable, "-I", "-B", "-c", f"open({str(tmp_path / 'out')!r}, 'w').write(repr(__name__))"))()
        program_of((sys.executable, "-m", "json.tool", "--help"))
        return [sys.dont_write_bytecode, sys.argv]

    assert in_a_fork(task) == [True, ["json.tool", "--help"]]
    assert (tmp_path / "out").read_text() == "'__main__'"


@pytest.mark.parametrize("argv", [(), ("/bin/sh", "-c", "x"), (sys.executable,), (sys.executable, "script.py")])
def test_every_other_command_is_started(argv):
    assert program_of(argv) is None


def test_a_module_runs_as_the_main_one(tmp_path):
    def task():
        target = tmp_path / "in.json"
        target.write_text("[1]")
        program = program_of((sys.executable, "-m", "json.tool", str(target), str(tmp_path / "out.json")))
        program()
        return json.loads((tmp_path / "out.json").read_text())

    assert in_a_fork(task) == [1]


def test_a_module_that_is_not_there_is_said():
    def task():
        try:
            program_of((sys.executable, "-m", "no_such_module"))()
        except ImportError as exc:
            return str(exc)
        return ""

    assert "no_such_module" in in_a_fork(task)


FINALIZERS = """
import os, weakref
from grader.sandbox.ending import end
from grader.warm import birth
class Thing: pass
inherited, own = Thing(), Thing()
weakref.finalize(inherited, print, "inherited")
pid = os.fork()
if pid == 0:
    if RENEWS:
        birth.renew({}, birth.Memory(dict(os.environ)))
    weakref.finalize(own, print, "own")
    end(lambda: None)
os.waitpid(pid, 0)
os._exit(0)
"""


@pytest.mark.parametrize(("renews", "ran"), [(True, {"own"}), (False, {"own", "inherited"})])
def test_a_fork_runs_its_own_finalizers_at_its_end_and_none_that_it_inherits(renews, ran):
    code = FINALIZERS.replace("RENEWS", str(renews))
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True)

    assert (set(done.stdout.split()), done.stderr) == (ran, "")
