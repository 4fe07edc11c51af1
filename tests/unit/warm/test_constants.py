import sys
from pathlib import Path
from types import ModuleType

import pytest

from grader.warm.constants import PLACEHOLDERS, find_places, refusal, settle

HOME, ENDPOINT = PLACEHOLDERS["HF_HOME"], PLACEHOLDERS["HF_ENDPOINT"]
REAL = {"HF_HOME": "/run/home", "HF_ENDPOINT": "http://127.0.0.1:8080", "HOME": "/run"}


@pytest.fixture
def library(monkeypatch):
    """A module that has copied the environment in every way that modules do."""
    module = ModuleType("copied_environment")
    code = f"""
from pathlib import Path
HOME = Path({HOME!r}) / "hub"
URL = {ENDPOINT!r} + "/{{repo}}"
HOSTS = [URL, "else"]
class Client:
    endpoint = URL
    def __init__(self, url=URL, *, home=HOME):
        self.url, self.home = url, home
client = Client()
"""
    exec(code, vars(module))
    monkeypatch.setitem(sys.modules, "copied_environment", module)
    return module


def test_every_copy_of_a_variable_gets_the_value_of_the_run(library):
    places = find_places()
    settle(places, REAL)

    fresh = library.Client()
    url, home = "http://127.0.0.1:8080/{repo}", Path("/run/home/hub")
    assert (home, url, [url, "else"]) == (library.HOME, library.URL, library.HOSTS)
    assert (library.Client.endpoint, library.client.url, library.client.home) == (url, url, home)
    assert (fresh.url, fresh.home) == (url, home)


def test_what_a_check_sets_and_a_notebook_does_not_is_set_as_well(monkeypatch):
    constants = ModuleType("huggingface_hub.constants")
    constants.HF_HUB_OFFLINE = False
    monkeypatch.setitem(sys.modules, "huggingface_hub.constants", constants)
    settle([], {"HF_HUB_OFFLINE": "1"})
    assert constants.HF_HUB_OFFLINE

    settle([], {})
    assert not constants.HF_HUB_OFFLINE


def test_a_variable_that_libraries_have_read_otherwise_is_refused_by_name():
    server = {"HF_HUB_ETAG_TIMEOUT": "60", "PYTHONHASHSEED": "0"}

    assert refusal(server, {**server, **REAL, "HF_TOKEN": "t", "SEED": "1", "HF_HUB_OFFLINE": "1"}) is None
    assert "HF_HUB_ETAG_TIMEOUT" in refusal(server, {"HF_HUB_ETAG_TIMEOUT": "5"})
    assert "TORCH_LOGS" in refusal(server, {"TORCH_LOGS": "all"})


def test_the_backend_of_figures_counts_only_where_figures_can_be_drawn(monkeypatch):
    monkeypatch.delitem(sys.modules, "matplotlib", raising=False)
    assert refusal({}, {"MPLBACKEND": "Agg"}) is None
    monkeypatch.setitem(sys.modules, "matplotlib", ModuleType("matplotlib"))
    assert "MPLBACKEND" in refusal({}, {"MPLBACKEND": "Agg"})
