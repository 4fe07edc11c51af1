"""A worker has the settings of its batch, and an engine that cannot be had is refused before anything is planned."""

import importlib.util
from dataclasses import replace

import pytest

from grader.errors import MachineFault, UsageFault
from grader.settings import read_settings
from grader.wiring import engines
from grader.wiring.engines import as_environment, check_engine, default_workers
from tests.fakes.small_course import small_course


@pytest.fixture
def settings(tmp_path):
    return read_settings(small_course(tmp_path / "course"), {})


def test_a_child_process_reads_the_same_settings(settings, tmp_path):
    changed = replace(settings, allow_weak=True, sandbox="process", cache_gib=2.5, actor="prof", engine="ray")

    assert read_settings(tmp_path, as_environment(changed)) == changed
    based = replace(changed, hub_base=tmp_path, gradebook="postgresql://host/book", ray_address="head:6379")
    assert read_settings(tmp_path, as_environment(based)) == based


def test_there_is_at_least_one_worker():
    assert default_workers() >= 1


def test_an_unknown_engine_is_refused(settings):
    with pytest.raises(UsageFault, match="rain") as caught:
        check_engine(replace(settings, engine="rain"))
    assert (caught.value.code, caught.value.hint) == ("GR104", "Choose local or ray.")
    check_engine(settings)


def test_ray_is_an_extra_and_its_absence_says_how_to_get_it(settings, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)

    with pytest.raises(MachineFault) as caught:
        check_engine(replace(settings, engine="ray"))
    assert (caught.value.code, caught.value.hint) == ("GR606", "Run `pip install ray`.")
    assert engines.ENGINES == ("local", "ray")
