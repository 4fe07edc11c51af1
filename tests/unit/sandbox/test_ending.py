"""A process of ours ends as an interpreter would, but for taking its modules apart."""

import gc
import signal
import subprocess
import sys

import pytest

from grader.sandbox.ending import import_much


def ended(code):
    """Run code as the program of a process, and return how that ended."""
    program = f"from grader.sandbox.ending import end; end(lambda: exec({code!r}, {{}}))"
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("code", "status", "words"),
    [
        ("pass", 0, ""),
        ("raise SystemExit", 0, ""),
        ("raise SystemExit(3)", 3, ""),
        ("raise SystemExit(256)", 0, ""),
        ("raise SystemExit('no')", 1, "no"),
        ("1 / 0", 1, "ZeroDivisionError"),
        ("raise KeyboardInterrupt", -signal.SIGINT, "KeyboardInterrupt"),
        ("import atexit; atexit.register(lambda: 1 / 0)", 0, "ZeroDivisionError"),
        ("import sys; sys.stdout.close()", 120, ""),
    ],
)
def test_the_end_of_a_program_is_the_exit_status_of_an_interpreter(code, status, words):
    done = ended(code)

    assert (done.returncode, words in done.stderr) == (status, True)
    if "stdout" not in code:  # an interpreter takes a closed one for nothing to flush
        alone = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
        assert alone.returncode == status


def test_threads_finish_and_what_was_registered_for_the_end_runs_before_it():
    done = ended(
        "import atexit, sys, threading, time, weakref\n"
        "class Thing: pass\n"
        "sys.thing = Thing()\n"
        "weakref.finalize(sys.thing, print, 'finalizer')\n"
        "atexit.register(print, 'exit')\n"
        "threading.Thread(target=lambda: (time.sleep(0.2), print('thread'))).start()\n"
    )

    assert done.stdout.split() == ["thread", "exit", "finalizer"]


def test_what_is_left_is_not_taken_apart():
    code = "import os, sys\nclass Late:\n    def __del__(self, say=os.write): say(1, b'late')\nsys.late = Late()"

    assert ended(code).stdout == ""
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "late"


def test_cycles_are_still_collected_but_less_often():
    before = gc.get_threshold()
    try:
        import_much()

        assert gc.isenabled()
        assert all(new > old for new, old in zip(gc.get_threshold(), before, strict=True))
    finally:
        gc.set_threshold(*before)
