"""Modules run in forks of one process, side by side, and everything that can end badly is told."""

import json
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from grader.errors import InternalFault
from grader.model.lab import Limits
from grader.sandbox.base import Command, Contained
from grader.sandbox.trusted import TrustedProcesses
from grader.sandbox.trusted_server import in_fork

Run = Callable[..., Contained]


@pytest.fixture(scope="module")
def processes() -> Iterator[TrustedProcesses]:
    trusted = TrustedProcesses(("decimal", "timeit", "no_such_module_anywhere"))
    yield trusted
    trusted.close()


@pytest.fixture
def run(processes: TrustedProcesses, tmp_path: Path) -> Run:
    """Run a line of Python, with the one module of the library whose `main` takes its arguments and runs code."""

    def go(statement: str, seconds: float = 30, name: str = "log") -> Contained:
        argv = (sys.executable, "-I", "-m", "timeit", "-n1", "-r1", statement)
        return processes.run(
            Command(argv, tmp_path, {"MARK": "1"}, Limits(wall_seconds=seconds), (tmp_path,), stdout=tmp_path / name)
        )

    return go


def test_a_fork_has_the_imports_its_own_folder_and_environment_and_nothing_else(run: Run, tmp_path: Path):
    told = "json.dump([os.getcwd(), dict(os.environ), 'decimal' in sys.modules, in_fork()], open('told.json', 'w'))"
    ended = run(f"import json, os, sys; from grader.sandbox.trusted_server import in_fork; {told}")
    assert json.loads((tmp_path / "told.json").read_text()) == [str(tmp_path), {"MARK": "1"}, True, True]
    assert (ended.exit_code, ended.signal, ended.limit) == (0, None, None)
    assert ended.peak_memory_bytes > 1024**2
    assert not in_fork()


def test_what_a_fork_prints_is_in_its_log(run: Run, tmp_path: Path):
    ended = run("print('said')")
    assert "said" in (tmp_path / "log").read_text()
    assert ended.output_bytes == (tmp_path / "log").stat().st_size


def test_a_crash_ends_one_fork_and_no_other(run: Run):
    assert run("import os; os.abort()").signal == 6
    assert run("import os; os._exit(7)").exit_code == 7
    assert run("raise ValueError('no')").exit_code == 1
    assert run("pass").exit_code == 0


def test_a_fork_that_takes_too_long_is_stopped(run: Run):
    ended = run("import time; time.sleep(60)", seconds=1)
    assert (ended.exit_code, ended.limit, ended.detail) == (None, "GR401", "1 s")


def test_forks_run_side_by_side(run: Run):
    started = time.monotonic()
    with ThreadPoolExecutor(4) as pool:
        ended = list(pool.map(lambda number: run("import time; time.sleep(0.5)", name=f"log-{number}"), range(4)))
    assert [one.exit_code for one in ended] == [0] * 4
    assert time.monotonic() - started < 1.9  # one after the other takes two seconds


def test_a_module_that_raises_has_its_traceback_in_the_log(processes: TrustedProcesses, tmp_path: Path):
    command = Command((sys.executable, "-m", "no_such_module"), tmp_path, {}, Limits(), (tmp_path,))
    assert processes.run(command).exit_code == 1
    assert "ModuleNotFoundError" in (tmp_path / "log").read_text()


def test_when_the_process_has_ended_whoever_waits_is_told(tmp_path: Path):
    trusted = TrustedProcesses(())
    trusted.close()
    with pytest.raises(InternalFault) as caught:
        trusted.run(Command((sys.executable, "-m", "timeit", "pass"), tmp_path, {}, Limits(), (tmp_path,)))
    assert caught.value.code == "GR503"


def test_it_promises_nothing():
    promise = TrustedProcesses(()).promise()
    assert not promise.official
    assert promise.covers == ()
    assert TrustedProcesses(()).available() is None
