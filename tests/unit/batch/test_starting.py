"""Workers that are forked are told apart from new processes by nothing but their speed."""

import asyncio
import contextlib
import os
import signal
import time

import psutil
import pytest

from grader.batch.engine import LocalEngine
from grader.batch.spool import Spool
from tests.fakes import programs

SLEEP = "import os, time; print(os.getpid(), flush=True); time.sleep(300)"


@pytest.fixture
def spool(tmp_path):
    return Spool(tmp_path / "spool")


@pytest.fixture
def fork(spool):
    """Makes a starter that forks; it is closed in the end."""
    with contextlib.ExitStack() as stack:

        def make(program, environment=os.environ, **more):
            starter = programs.fork_starter(program, spool, environment, **more)
            return stack.enter_context(contextlib.closing(starter))

        yield make


def run(starter, spool, key="k"):
    return asyncio.run(LocalEngine(starter, spool).run(key))


async def pid_of(spool, key):
    while not spool.log(key).is_file() or not spool.log(key).read_text().endswith("\n"):
        await asyncio.sleep(0.01)
    return int(spool.log(key).read_text())


def gone(pid):
    deadline = time.monotonic() + 10
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return True


def test_all_workers_are_forks_of_one_process(fork, spool):
    starter = fork("import os; print(os.getppid())")

    assert [run(starter, spool, key) for key in ("a", "b")] == ["it ended with exit code 0"] * 2
    assert spool.log("a").read_text() == spool.log("b").read_text() == f"{starter._host.pid}\n"


def test_a_worker_has_the_environment_the_folder_and_the_session_that_it_should(fork, spool, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    starter = fork("import os; print(os.environ['OURS'], os.getcwd(), os.getsid(0) == os.getpid())", {"OURS": "yes"})

    run(starter, spool)

    assert spool.log("k").read_text() == f"yes {tmp_path} True\n"


def test_an_error_of_a_worker_is_told_in_its_log(fork, spool):
    assert run(fork("1 / 0"), spool) == "it ended with exit code 1"
    assert "ZeroDivisionError" in spool.log("k").read_text()


def test_workers_inherit_no_descriptor_but_their_streams(fork, spool):
    starter = fork("import os; print(sorted(int(n) for n in os.listdir('/proc/self/fd'))[:4])")

    run(starter, spool)

    assert spool.log("k").read_text() == "[0, 1, 2, 3]\n"  # the last is that of the listing


def test_what_is_prepared_is_prepared_once_and_not_by_workers(fork, spool):
    starter = fork("import sys; print('this' in sys.modules)", prepare=programs.import_this)

    run(starter, spool)

    assert spool.log("k").read_text() == "True\n"


def test_workers_work_where_preparing_failed(fork, spool):
    assert run(fork("", prepare=programs.fail), spool) == "it ended with exit code 0"
    assert "ValueError: not prepared" in spool.log("host").read_text()


def test_when_the_process_that_forks_is_killed_its_workers_end_and_the_next_job_gets_another(fork, spool):
    starter = fork(SLEEP)
    engine = LocalEngine(starter, spool)

    async def kill_the_host():
        running = [asyncio.create_task(engine.run(key)) for key in ("a", "b")]
        pids = [await pid_of(spool, key) for key in ("a", "b")]
        first = starter._host.pid
        os.kill(first, signal.SIGKILL)
        assert await asyncio.gather(*running) == ["it was killed by signal 9"] * 2
        assert all(gone(pid) for pid in pids)
        again = asyncio.create_task(engine.run("c"))
        pid = await pid_of(spool, "c")
        assert starter._host.pid != first
        engine.kill("c")
        return await again, pid

    words, pid = asyncio.run(kill_the_host())

    assert words == "it was killed by signal 9"
    assert gone(pid)


def test_a_death_that_nobody_has_heard_of_is_noticed_by_the_next_job(fork, spool):
    starter = fork(SLEEP)
    engine = LocalEngine(starter, spool)

    async def kill_the_host():
        lost = asyncio.create_task(engine.run("a"))
        await pid_of(spool, "a")
        starter._host.kill()
        starter._host.wait()  # the loop had no time to listen
        following = asyncio.create_task(engine.run("b"))
        assert await lost == "it was killed by signal 9"
        await pid_of(spool, "b")
        engine.kill("b")
        return await following

    assert asyncio.run(kill_the_host()) == "it was killed by signal 9"


def test_workers_end_with_the_starter(spool):
    starter = programs.fork_starter(SLEEP, spool, os.environ)

    async def start():
        await starter.start("k", {})
        return await pid_of(spool, "k")

    pid = asyncio.run(start())
    starter.close()

    assert gone(pid)


def test_a_worker_that_nobody_waits_for_any_more_disturbs_nobody(fork, spool):
    starter = fork(SLEEP)

    async def leave():
        worker = await starter.start("k", {})
        waiting = asyncio.create_task(worker.wait())
        await pid_of(spool, "k")
        waiting.cancel()
        worker.kill()
        while starter._ends:
            await asyncio.sleep(0.01)

    asyncio.run(leave())
