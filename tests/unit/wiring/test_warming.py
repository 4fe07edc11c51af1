import dataclasses

import pytest

from grader.errors import MachineFault
from grader.sandbox.process import ProcessSandbox
from grader.settings import Settings
from grader.warm.client import WarmFault
from grader.warm.sandbox import WarmSandbox
from grader.wiring import warming
from grader.wiring.warming import WarmedLater, start_server, status_of, stop_server, warm_batch
from tests.fakes.course import a_lab
from tests.fakes.warm import needs_forks

pytestmark = needs_forks


@pytest.fixture
def settings(tmp_path, monkeypatch):
    monkeypatch.setattr(warming, "PRELOAD", ("json",))
    settings = Settings(root=tmp_path, runs=tmp_path / "runs", cache=tmp_path / "cache", sandbox="process")
    yield settings
    stop_server(settings)


@pytest.fixture
def labs(tmp_path):
    return (a_lab(tmp_path, preload=("csv",)),)


def test_a_server_is_started_once_used_and_stopped(settings, labs):
    assert not status_of(settings, labs).running

    first, again = start_server(settings, labs, 10), start_server(settings, labs, 10)

    assert first.running
    assert first.pid == again.pid
    assert "csv" in warming.find_server(settings, labs).facts()["preload"]
    assert isinstance(WarmedLater(settings, labs, print).chosen, WarmSandbox)
    assert stop_server(settings)
    assert not stop_server(settings)
    assert isinstance(WarmedLater(settings, labs, print).chosen, ProcessSandbox)


def test_a_server_of_another_time_is_not_used_and_said(settings, labs, monkeypatch):
    start_server(settings, labs, 10)
    monkeypatch.setattr(warming, "fingerprint", lambda: "after an installation")
    said = []

    assert isinstance(WarmedLater(settings, labs, said.append).chosen, ProcessSandbox)
    assert "grader warm start" in said[0]
    assert "grader warm start" in status_of(settings, labs).detail
    assert start_server(settings, labs, 10).running


def test_switched_off_is_off(settings, labs):
    start_server(settings, labs, 10)

    assert warming.find_server(dataclasses.replace(settings, warm="off"), labs) is None


def test_a_batch_that_is_worth_it_has_a_server_of_its_own(settings, labs):
    with warm_batch(settings, labs, 100) as warm:
        assert warming.find_server(warm, labs) is not None
    assert not warming.Path(warm.warm).exists()
    with warm_batch(settings, labs, warming.FEW_JOBS - 1) as cold:
        assert cold == settings


def test_where_no_server_can_be_had_everything_goes_the_cold_way(settings, labs, monkeypatch):
    def fail(*_arguments):
        raise WarmFault("no memory")

    said = []
    monkeypatch.setattr(warming, "start_private", fail)
    monkeypatch.setattr(warming, "start_kept", fail)
    with warm_batch(settings, labs, 100, said.append) as cold:
        assert cold.warm == "off"
    assert said == ["not warm: no memory"]
    with pytest.raises(MachineFault, match="no memory"):
        start_server(settings, labs, 10)


def test_what_a_batch_says_of_warmth_is_not_in_its_results(settings, labs, monkeypatch, capsys):
    def fail(*_arguments):
        raise WarmFault("no memory")

    monkeypatch.setattr(warming, "start_private", fail)
    with warm_batch(settings, labs, 100):
        pass

    assert capsys.readouterr() == ("", "not warm: no memory\n")


def test_where_forks_are_not_safe_there_is_no_server(settings, labs, monkeypatch):
    monkeypatch.setattr(warming.sys, "platform", "darwin")

    assert warming.find_server(settings, labs) is None
    with pytest.raises(MachineFault, match="needs Linux"):
        start_server(settings, labs, 10)
