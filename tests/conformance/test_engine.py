"""Engines start workers, tell how they ended and end them, on this machine and on a Ray cluster."""

import asyncio
import contextlib
import os
import time

import psutil
import pytest

from grader.batch import node
from grader.batch.engine import LocalEngine
from grader.batch.node import Orders
from grader.batch.spool import Outcome, Spool
from tests.fakes.batches import a_task
from tests.fakes.programs import by_command, fork_starter
from tests.fakes.ray_cluster import demand_ray, private_cluster

pytestmark = [
    pytest.mark.xdist_group("ray"),
    pytest.mark.slow,
    # what Ray leaves to the collector when it disconnects
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"),
]
SLEEP = "import os, time; print(os.getpid(), flush=True); time.sleep(300)"


@pytest.fixture(scope="module")
def cluster():
    with private_cluster({"num_cpus": 2}) as nodes:
        yield nodes


@pytest.fixture
def spool(tmp_path):
    return Spool(tmp_path / "spool")


@pytest.fixture(params=["command", "fork", "ray"])
def engine_of(request, spool, tmp_path):
    """Makes an engine whose workers are a program of Python, with variables of ours."""
    variables = {"OURS": "yes"}
    if request.param == "command":
        yield lambda program: by_command(program, spool, {**os.environ, **variables})
        return
    with contextlib.ExitStack() as stack:
        if request.param == "fork":
            yield lambda program: LocalEngine(
                stack.enter_context(contextlib.closing(fork_starter(program, spool, {**os.environ, **variables}))),
                spool,
            )
            return
        demand_ray()
        cluster = request.getfixturevalue("cluster")

        def make(program):
            from grader.batch.ray_engine import connected

            command = (node.PYTHON, "-c", program)
            orders = Orders(command, variables, str(tmp_path), str(spool.folder))
            engine = stack.enter_context(connected(cluster.address, orders))
            engine._arrival_seconds = 2
            return engine

        yield make


async def written(spool, key):
    """What the worker of a job has printed, as soon as it is a line."""
    while not spool.log(key).is_file() or not spool.log(key).read_text().endswith("\n"):
        await asyncio.sleep(0.05)
    return spool.log(key).read_text()


def gone(pid):
    deadline = time.monotonic() + 10
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return True


def test_the_end_of_a_worker_is_told_and_its_output_kept(engine_of, spool):
    program = """
import os, sys
print(sys.argv[1], os.environ["OURS"], flush=True)
print("to the log as well", file=sys.stderr, flush=True)
{"exit": lambda: sys.exit(3), "signal": lambda: os.kill(os.getpid(), 9), "fine": lambda: None}[sys.argv[1]]()
"""
    engine = engine_of(program)

    async def all_three():
        return await asyncio.gather(*(engine.run(key) for key in ("exit", "signal", "fine")))

    assert asyncio.run(all_three()) == [
        "it ended with exit code 3",
        "it was killed by signal 9",
        "it ended with exit code 0",
    ]
    for key in ("exit", "signal", "fine"):
        assert spool.log(key).read_text() == f"{key} yes\nto the log as well\n"


def test_a_worker_can_be_ended_and_run_again(engine_of, spool):
    engine = engine_of(SLEEP)
    engine.kill("nobody")

    async def end():
        for _ in range(2):
            spool.log("k").unlink(missing_ok=True)
            running = asyncio.create_task(engine.run("k"))
            pid = int(await written(spool, "k"))
            engine.kill("k")
            yield await running, pid

    async def ends():
        return [entry async for entry in end()]

    for words, pid in asyncio.run(ends()):
        assert words == "it was killed by signal 9"
        assert gone(pid)


def test_an_outcome_is_there_when_the_worker_has_ended(engine_of, spool):
    program = f"""
import sys
from pathlib import Path
from grader.batch.spool import Outcome, Spool
Spool(Path({str(spool.folder)!r})).write_outcome(Outcome(sys.argv[1], "graded", "/runs/k"))
"""

    assert asyncio.run(engine_of(program).run("k")) == "it ended with exit code 0"
    assert spool.outcome("k") == Outcome("k", "graded", "/runs/k")


def test_a_job_that_needs_a_gpu_runs_where_there_is_none(engine_of, spool):
    spool.write_task(a_task("k", gpu_bytes=0))

    assert asyncio.run(engine_of("").run("k")) == "it ended with exit code 0"


def test_a_worker_gets_no_input(engine_of):
    assert asyncio.run(engine_of("import sys; sys.exit(len(sys.stdin.read()))").run("k")) == "it ended with exit code 0"
