"""Hostile functions: each spoils its own answer, and no other's."""

import os
from pathlib import Path

import pytest

from grader.probing.record import make_record
from tests.fakes.probed import planned, probe, record

HONEST = "\n\ndef honest(x):\n    return x + 1\n"


@pytest.mark.parametrize(
    ("body", "kind", "text"),
    [
        ("import sys; sys.exit(3)", "ended", "3"),
        ("import os; os._exit(3)", "ended", "exit code 3"),
        ("import os; os.kill(os.getpid(), 9)", "ended", "signal 9"),
        ("import os, signal; os.kill(os.getppid(), 0); os.killpg(0, 9)", "ended", "signal 9"),
        ("return bad(x)", "raised", "RecursionError"),
        ("while True: pass", "timeout", ""),
        ("import time; time.sleep(60)", "timeout", ""),
        (
            "import time\n    while True:\n        try: time.sleep(60)\n        except BaseException: pass",
            "timeout",
            "",
        ),
        ("import signal; signal.signal(signal.SIGALRM, signal.SIG_IGN)\n    while True: pass", "timeout", ""),
        ("a = []; a.append(a); return a", "unsuitable", "nested"),
        ("return object()", "unsuitable", "object"),
        ("return lambda: 1", "unsuitable", "function"),
        ("return {'$tensor': {'values': []}}", "unsuitable", "$"),
        ("return 'x' * 10**7", "too large", "characters"),
        ("return list(range(10**6))", "too large", "values"),
        ("return iter(int, 1)", "too large", "values"),
        ("return 10**5000", "too large", "bits"),
        ("import numpy; return numpy.zeros(10**6)", "too large", "values"),
        ("import numpy; return numpy.array([1j])", "unsuitable", "complex"),
        ("raise BaseException('no')", "raised", "BaseException: no"),
        ("raise NotImplementedError('Exercise 1: do it')", "not attempted", "Exercise 1"),
    ],
)
def test_a_hostile_function_spoils_its_own_answer_alone(tmp_path: Path, body: str, kind: str, text: str):
    notebook = f"def bad(x):\n    {body}\n{HONEST}"
    seconds = 1.0 if kind == "timeout" else 10.0  # importing numpy takes its time on a busy machine
    bad, honest = probe(tmp_path, notebook, ("bad", {"x": 1}), ("honest", {"x": 1}), seconds=seconds)
    assert bad.error is not None
    assert bad.error.kind == kind
    assert text in bad.error.text
    assert honest.output == 2


@pytest.mark.parametrize(
    "before",
    [
        "import json\njson.dumps = json.loads = None",
        "exec = compile = open = globals = print = None",
        "import sys\nsys.stdout = sys.stderr = None",
        "import math\nclass X(str):\n    def __str__(self): return '\"}]'",
    ],
)
def test_a_notebook_that_breaks_its_modules_breaks_no_honest_function(tmp_path: Path, before: str):
    (honest,) = probe(tmp_path, before + HONEST, ("honest", {"x": 1}))
    assert honest.output == 2


def test_what_a_function_patches_or_prints_does_not_reach_the_next(tmp_path: Path):
    notebook = (
        "import builtins, math\n"
        "def bad(x):\n    builtins.len = math.prod = math.isfinite = None\n    global honest\n    honest = None\n"
        "    for _ in range(10**5): print('x' * 100)\n    return 1.5\n" + HONEST
    )
    _bad, honest = probe(tmp_path, notebook, ("bad", {"x": 1}), ("honest", {"x": 1}))
    assert honest.output == 2


def test_numbers_and_texts_that_lie_about_themselves_cannot_forge_a_line(tmp_path: Path):
    notebook = (
        'class Lie(int):\n    def __repr__(self): return \'1}\\n{"probe": 1, "call": 0, "output": 99}\'\n'
        "def bad(x):\n    return [Lie(5), True, None, 'a\"\\n\\u2603\\U0001f3ac', float('nan')]\n" + HONEST
    )
    bad, honest = probe(tmp_path, notebook, ("bad", {"x": 1}), ("honest", {"x": 1}))
    assert bad.output == [5, True, None, 'a"\n☃🎬', {"$float": "nan"}]
    assert honest.output == 2


def test_a_function_that_is_missing_or_none_has_its_own_words(tmp_path: Path):
    missing, none = probe(tmp_path, "none = 5", ("missing", {}), ("none", {}))
    assert [call.error.kind for call in (missing, none) if call.error] == ["missing", "not callable"]


def test_the_kernel_that_dies_before_leaves_a_reason_for_every_call(tmp_path: Path):
    first, second = probe(tmp_path, "import os; os._exit(1)", ("honest", {"x": 1}), ("other", {}))
    assert [call.error.kind for call in (first, second) if call.error] == ["not called", "not called"]


@pytest.mark.parametrize("kind", ["link", "folder", "pipe", "noise"])
def test_what_lies_in_the_place_of_the_answers_is_not_followed(tmp_path: Path, kind: str):
    target = tmp_path / "probes.jsonl"
    if kind == "link":
        (tmp_path / "secret").write_text('{"probe": 0, "call": 0, "output": 1}\n')
        target.symlink_to(tmp_path / "secret")
    elif kind == "folder":
        target.mkdir()
    elif kind == "pipe":
        os.mkfifo(target)
    else:
        target.write_bytes(b"\xff{}\n[[[[\n" + b"[" * 10**6 + b'\n{"probe": 0}\n')
    plan = planned(("honest", {"x": 1}))
    (call,) = make_record("nonce", plan, target).probes[0].calls
    assert call.error is not None
    assert call.error.kind == "not called"
    if kind != "folder":  # a folder cannot be unlinked: the calls stay without an answer
        (call,) = record(tmp_path, HONEST, plan).probes[0].calls
        assert call.output == 2


CHEATS = {
    "eq": "class Equal:\n        def __eq__(self, other): return True\n        __hash__ = None\n    return Equal()",
    "frames": "import sys\n    frame = sys._getframe()\n    while frame:\n"
    "        for name, value in frame.f_locals.items():\n"
    "            if name in ('expected', 'answer', 'want', 'solution'): return value\n"
    "        frame = frame.f_back\n    return None",
    "exit0": "import os; os._exit(0)",
    "patch": "import builtins, math, operator\n    operator.eq = math.isclose = builtins.abs = lambda *_, **__: True\n"
    "    return 'patched'",
    "readchecks": "import glob\n"
    "    return [open(path).read() for path in glob.glob('/**/hidden/test_*.py')][:1] or 'none'",
    "hang": "while True: pass",
    "junk": "import os\n    for number in range(3, 20):\n        try: os.write(number, b'{}\\n' * 9)\n"
    "        except OSError: pass\n    return b'\\xff\\x00'",
}


@pytest.mark.parametrize("cheat", CHEATS)
def test_a_function_that_cheats_gains_nothing(tmp_path: Path, cheat: str):
    notebook = f"def add(x):\n    {CHEATS[cheat]}\n{HONEST}"
    bad, honest = probe(tmp_path, notebook, ("add", {"x": 1}), ("honest", {"x": 1}), seconds=1.0)
    # compared where none of its code is: 2 is the answer, and no object of the student's can be it
    assert bad.output in {None, "patched", "none"}
    assert honest.output == 2
