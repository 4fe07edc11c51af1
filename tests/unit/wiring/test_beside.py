"""A server comes up beside the first notebook where that is worth it, and is gone afterwards."""

import contextlib
import dataclasses
import time

import psutil
import pytest

from grader.sandbox.process import ProcessSandbox
from grader.settings import Settings
from grader.warm.client import WarmFault
from grader.warm.sandbox import WarmSandbox
from grader.wiring import beside, warming
from grader.wiring.beside import ServerBeside, worth_it
from grader.wiring.warming import WarmedLater, start_server, stop_server
from tests.fakes.course import a_lab
from tests.fakes.warm import needs_forks

pytestmark = needs_forks


@pytest.fixture
def settings(tmp_path, monkeypatch):
    monkeypatch.setattr(warming, "PRELOAD", ("json",))
    made = Settings(root=tmp_path, runs=tmp_path / "runs", cache=tmp_path / "cache", sandbox="process", warm="beside")
    yield made
    stop_server(made)


@pytest.fixture
def labs(tmp_path):
    return (a_lab(tmp_path, preload=("csv",)),)


@pytest.fixture
def said():
    return []


@pytest.fixture
def server(settings, labs, said):
    with contextlib.closing(ServerBeside(settings, labs, said.append)) as made:
        yield made


def arrived(server):
    deadline = time.monotonic() + 60
    while (found := server.server()) is None and time.monotonic() < deadline:
        time.sleep(0.05)
    return found


@pytest.mark.parametrize(
    ("warm", "notebooks", "worth"),
    [("auto", 1, False), ("auto", 2, True), ("beside", 1, True), ("off", 9, False), ("/a/server", 9, False)],
)
def test_it_is_worth_it_for_several_notebooks_or_where_it_is_asked_for(settings, monkeypatch, warm, notebooks, worth):
    assert worth_it(dataclasses.replace(settings, warm=warm), notebooks) is worth
    monkeypatch.setattr(beside.sys, "platform", "darwin")
    assert not worth_it(dataclasses.replace(settings, warm=warm), notebooks)


def test_it_is_there_some_time_after_the_first_notebook_began(server, said):
    assert server.server() is None  # nothing has begun
    server.begin()
    found = arrived(server)

    assert found is not None
    assert "csv" in found.facts()["preload"]
    server.begin()
    assert server.server() is found
    server.close()
    assert (server.server(), found.folder.exists(), said) == (None, False, [])


def test_commands_are_warm_as_soon_as_it_is_there(server, settings, labs, said):
    later = WarmedLater(settings, labs, said.append, server.server)

    assert isinstance(later.chosen, ProcessSandbox)
    server.begin()
    arrived(server)
    with pytest.raises(AttributeError):  # it is asked to run something, and that is not a command
        later.run(None)
    assert isinstance(later.chosen, WarmSandbox)


def test_a_command_that_ends_sooner_leaves_nothing(server):
    before = psutil.Process().children()
    server.begin()
    server.close()

    assert psutil.Process().children() == before


def test_where_a_server_is_kept_there_is_no_other(server, settings, labs):
    start_server(settings, labs, 10)
    before = psutil.Process().children()
    server.begin()

    assert (psutil.Process().children(), server.server()) == (before, None)


def test_why_there_is_none_is_said_once(server, said, monkeypatch):
    class Broken:
        def server(self):
            raise WarmFault("it ended")

        def abandon(self):
            """Nothing was started."""

    monkeypatch.setattr(beside, "begin_private", lambda *_: Broken())
    server.begin()

    assert (server.server(), server.server(), said) == (None, None, ["not warm: it ended"])
