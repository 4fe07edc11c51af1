"""A notebook that runs in forks of a warm server leaves what it leaves in processes of its own."""

import dataclasses
import json

import pytest

from grader.sandbox.process import ProcessSandbox
from grader.warm.starting import start_private
from tests.fakes.runs import prepare, run
from tests.fakes.warm import needs_forks, warm

pytestmark = [needs_forks, pytest.mark.xdist_group("warm")]
MODULES = ("grader.running.worker", "grader.running.notebook", "grader.running.forked_kernel", "ipykernel.kernelapp")
NOTEBOOKS = {
    "outputs": ("print('a', train_rows)\n1 + 1", "import sys; print('err', file=sys.stderr)", "{'b': [1]}"),
    "a failing cell": ("x = 1", "raise ValueError('x')", "print('never')"),
    "the kernel ends": ("import os", "os._exit(3)"),
    "a signal": ("import os, signal", "os.kill(os.getpid(), signal.SIGSEGV)"),
    "asyncio and threads": (
        "import asyncio\nawait asyncio.sleep(0.01)",
        "import threading\nt = threading.Thread(target=print, args=('t',)); t.start(); t.join()",
    ),
    "subprocesses": ("!echo hello", "import subprocess, sys; subprocess.run([sys.executable, '-c', 'print(1)'])"),
    "files and main": (
        "from pathlib import Path; Path(output_dir).mkdir(); Path(output_dir, 'a.json').write_text('{}')",
        "import __main__; print(__name__, __main__.train_rows, Path.cwd().name)",
    ),
}


@pytest.fixture(scope="module")
def server():
    server = start_private(MODULES)
    yield server
    server.stop()


def story(result, folder):
    """What a run left, without what is timed and what names its folder."""
    plain = json.loads((folder / "executed.ipynb").read_text().replace(str(folder), "RUN"))
    for cell in plain["cells"]:
        cell["metadata"].get("papermill", {}).pop("duration", None)
        if cell["metadata"].get("papermill", {}).get("status") == "stopped":
            cell["execution_count"] = None  # the message that counts a cell races with the end of its kernel
    plain["metadata"].pop("papermill", None)
    untimed = [dataclasses.replace(cell, seconds=None, cpu_seconds=None, anonymous_bytes=None) for cell in result.cells]
    files = sorted(path.relative_to(folder).as_posix() for path in (folder / "work").rglob("*"))
    return plain, untimed, (result.status, result.code, result.message, result.observed, result.notices), files


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_warm_run_leaves_what_a_cold_one_leaves(name, server, tmp_path):
    stories = []
    for way, sandbox in (("cold", ProcessSandbox()), ("warm", warm(ProcessSandbox(), server))):
        job = prepare(tmp_path / way, *NOTEBOOKS[name])
        stories.append(story(run(job, sandbox), job.run_folder))

    assert stories[0] == stories[1]


def test_two_warm_runs_draw_other_random_numbers(server, tmp_path):
    drawn = []
    for way in ("one", "two"):
        job = prepare(tmp_path / way, "import random, os; print(random.random(), os.environ['HOME'])")
        run(job, warm(ProcessSandbox(), server))
        drawn.append((job.run_folder / "executed.ipynb").read_text())

    assert drawn[0] != drawn[1]
