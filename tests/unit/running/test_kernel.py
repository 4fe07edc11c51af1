import signal
from pathlib import Path

import pytest
from jupyter_core.utils import run_sync

from grader.running.kernel import how_it_ended, start_kernel


@pytest.fixture
def kernel(tmp_path, monkeypatch):
    """A kernel that is starting, in a folder of its own."""
    office = tmp_path / "office"
    (tmp_path / "work").mkdir()
    office.mkdir()
    monkeypatch.chdir(office)
    manager = start_kernel("../work")
    yield manager
    run_sync(manager.shutdown_kernel)(now=True)


@pytest.fixture
def client(kernel):
    found = kernel.client()
    found.start_channels()
    yield found
    found.stop_channels()


def test_a_kernel_is_ready_when_it_answers_on_both_channels(client):
    async def ask():
        await client.wait_for_ready(timeout=60)
        asked = client.execute("2 + 3", store_history=False)
        while True:
            message = await client.get_iopub_msg(timeout=60)
            if message["parent_header"].get("msg_id") == asked and message["msg_type"] == "execute_result":
                return message["content"]["data"]["text/plain"]

    assert run_sync(ask)() == "5"


def test_a_kernel_that_dies_is_not_waited_for(kernel, client):
    kernel.provisioner.process.kill()
    kernel.provisioner.process.wait()

    with pytest.raises(RuntimeError, match="died"):
        run_sync(client.wait_for_ready)(timeout=60)
    assert how_it_ended(kernel) == "signal 9"


def test_a_kernel_that_does_not_answer_is_not_waited_for_longer(kernel, client):
    kernel.provisioner.process.send_signal(signal.SIGSTOP)

    with pytest.raises(RuntimeError, match=r"didn.t respond in 0\.1 seconds"):
        run_sync(client.wait_for_ready)(timeout=0.1)


def test_a_kernel_that_is_asked_to_end_ends_by_itself(kernel, client):
    run_sync(client.wait_for_ready)(timeout=60)
    process = kernel.provisioner.process
    run_sync(kernel.shutdown_kernel)()

    assert process.returncode == 0


SLOW_TO_FLUSH = """
import atexit, sys, threading, time
flush = sys.stdout.flush
def slow():
    if threading.current_thread().name == "Control":
        time.sleep(0.5)
    flush()
sys.stdout.flush = slow
atexit.register(lambda: open("alive", "w").write(" ".join(thread.name for thread in threading.enumerate())))
"""


def test_the_end_of_a_kernel_waits_for_the_thread_that_took_the_order(kernel, client, tmp_path):
    async def execute():
        await client.wait_for_ready(timeout=60)
        client.execute(SLOW_TO_FLUSH, silent=True)
        while (await client.get_shell_msg(timeout=60))["msg_type"] != "execute_reply":
            pass

    run_sync(execute)()
    process = kernel.provisioner.process
    run_sync(kernel.shutdown_kernel)()

    assert process.returncode == 0
    assert "MainThread" in (tmp_path / "work" / "alive").read_text()
    assert "Control" not in (tmp_path / "work" / "alive").read_text()


def test_the_cells_of_a_run_are_in_its_history_though_none_is_kept_on_disk(kernel, client, tmp_path, monkeypatch):
    async def execute(code):
        asked = client.execute(code)
        while True:
            message = await client.get_iopub_msg(timeout=60)
            if message["parent_header"].get("msg_id") != asked:
                continue
            if message["msg_type"] == "stream":
                return message["content"]["text"]
            assert message["content"].get("execution_state") != "idle"

    async def ask():
        await client.wait_for_ready(timeout=60)
        await execute("a = 1; print(a)")
        return await execute("%history"), await execute("print(get_ipython().history_manager.hist_file)")

    history, file = run_sync(ask)()

    assert history == "a = 1; print(a)\n%history\n"
    assert not Path(file.strip()).exists()
