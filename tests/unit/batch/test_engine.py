"""The local engine runs a process per job and tells how it ended."""

import asyncio
import os
import subprocess
import sys
import time

import psutil
import pytest

from grader.batch.spool import Spool
from tests.fakes.programs import by_command

CHILD = """
import os, sys
from grader.batch.parents import die_with_parent
die_with_parent(os.getppid())
print(os.getpid(), flush=True)
sys.stdin.read()
"""
PARENT = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {CHILD!r}])"


@pytest.fixture
def spool(tmp_path):
    return Spool(tmp_path / "spool")


def engine_of(spool, program):
    return by_command(program, spool, os.environ)


@pytest.mark.parametrize(
    ("program", "ending"),
    [
        ("import sys; print(sys.argv[1]); sys.exit(3)", "it ended with exit code 3"),
        ("import os, sys; print(sys.argv[1], flush=True); os.kill(os.getpid(), 9)", "it was killed by signal 9"),
    ],
)
def test_the_end_of_a_worker_is_told_and_its_output_kept(spool, program, ending):
    assert asyncio.run(engine_of(spool, program).run("some-key")) == ending
    assert spool.log("some-key").read_text() == "some-key\n"


def test_a_worker_can_be_ended(spool):
    engine = engine_of(spool, "import time; time.sleep(60)")

    async def end():
        running = asyncio.create_task(engine.run("k"))
        while not engine._running:
            await asyncio.sleep(0.01)
        engine.kill("k")
        return await running

    assert asyncio.run(end()) == "it was killed by signal 9"
    engine.kill("k")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends children with their parent")
def test_a_worker_dies_with_the_one_that_started_it():
    parent = subprocess.Popen([sys.executable, "-c", PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    child = psutil.Process(int(parent.stdout.readline()))
    parent.kill()
    parent.communicate()

    deadline = time.monotonic() + 10
    while child.is_running() and child.status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline


def test_a_worker_whose_parent_is_gone_ends_at_once():
    done = subprocess.run(
        [sys.executable, "-c", "from grader.batch.parents import die_with_parent; die_with_parent(1); print('lives')"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout) == (1, "")
