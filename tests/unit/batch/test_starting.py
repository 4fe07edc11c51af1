"""Workers that are forked are told apart from new processes by nothing but their speed."""

import asyncio
import contextlib
import os
import pickle
import signal
import time

import psutil
import pytest

from grader.batch.engine import LocalEngine
from grader.batch.spool import Spool
from grader.batch.starting import ForkStarter
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


def gone_with_host(how, spool):
    return f"the process that forks workers is gone, {how} (see {spool.log('host')})"


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
        assert await asyncio.gather(*running) == [gone_with_host("it was killed by signal 9", spool)] * 2
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
        assert await lost == gone_with_host("it was killed by signal 9", spool)
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


def test_what_cannot_be_read_is_told_and_nobody_waits(spool):
    with contextlib.closing(ForkStarter(programs.Unreadable(), os.environ, spool)) as starter:
        assert run(starter, spool) == gone_with_host("it ended with exit code 1", spool)

    assert "invalid literal for int() with base 10: 'no work'" in spool.log("host").read_text()


def test_work_that_cannot_be_pickled_is_refused_before_a_process_is_started(spool):
    with pytest.raises((AttributeError, pickle.PicklingError), match="lambda"):
        ForkStarter(lambda _key: None, os.environ, spool)

    assert not spool.log("host").exists()


def test_who_waits_when_the_starter_is_closed_is_told(spool):
    starter = programs.fork_starter(SLEEP, spool, os.environ)

    async def close_at_once():
        worker = await starter.start("k", {})
        waiting = asyncio.create_task(worker.wait())
        await pid_of(spool, "k")
        starter.close()
        worker.kill()  # it is gone
        return await waiting

    assert asyncio.run(close_at_once()) == gone_with_host("it ended with exit code 0", spool)


def test_a_key_can_be_started_again_before_its_first_worker_has_ended(fork, spool):
    starter = fork("import sys; sys.exit(len(sys.stdin.read()))")

    async def both():
        workers = [await starter.start("k", {}) for _ in range(2)]
        return [await worker.wait() for worker in workers]

    assert asyncio.run(both()) == ["it ended with exit code 0"] * 2


def test_a_worker_does_not_outlive_the_task_that_waits_for_it(fork, spool):
    engine = LocalEngine(fork(SLEEP), spool)

    async def cancel():
        running = asyncio.create_task(engine.run("k"))
        pid = await pid_of(spool, "k")
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        return pid

    assert gone(asyncio.run(cancel()))


def test_a_fork_that_fails_is_the_end_of_one_job(fork, spool):
    starter = fork("", prepare=programs.fork_only_later)

    assert run(starter, spool, "a") == "it ended with exit code 1"
    assert run(starter, spool, "b") == "it ended with exit code 0"
    assert "no more processes" in spool.log("host").read_text()


def test_a_log_that_cannot_be_opened_is_the_end_of_one_job(fork, spool):
    starter = fork("")
    spool.log("a").mkdir()

    assert run(starter, spool, "a") == "it ended with exit code 1"
    assert run(starter, spool, "b") == "it ended with exit code 0"
    assert "IsADirectoryError" in spool.log("host").read_text()


def test_what_preparing_prints_and_leaves_behind_is_no_workers(fork, spool):
    starter = fork("import time; time.sleep(0.5)", prepare=programs.say_so)

    assert run(starter, spool) == "it ended with exit code 0"
    assert spool.log("k").read_text() == ""
    assert spool.log("host").read_text() == "prepared"


@pytest.mark.parametrize(
    ("program", "code", "log"), [("exit()", 0, ""), ("exit(258)", 2, ""), ("exit('no disk')", 1, "no disk\n")]
)
def test_a_worker_ends_as_an_interpreter_would(fork, spool, program, code, log):
    assert run(fork(f"from sys import exit; {program}"), spool) == f"it ended with exit code {code}"
    assert spool.log("k").read_text() == log
