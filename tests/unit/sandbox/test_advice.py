import shutil

import pytest

from grader.sandbox import advice
from grader.sandbox.advice import how_to_get_more
from grader.sandbox.base import Promise

KERNEL = "memory (sum, by the kernel)"
LOOKS = "memory (sum, several looks a second)"


@pytest.fixture
def system(tmp_path):
    for name in ("kernel", "user"):
        (tmp_path / name).mkdir()
    return tmp_path


def told(backend, memory, system, monkeypatch, bwrap=None):
    monkeypatch.setattr(shutil, "which", lambda name: bwrap)
    return how_to_get_more(Promise(backend, backend != "process", ("files", memory)), system, system)


def test_the_strongest_has_nothing_to_gain(system, monkeypatch):
    assert told("bubblewrap", KERNEL, system, monkeypatch, "/usr/bin/bwrap") == ()


def test_a_box_whose_memory_is_watched_may_be_given_a_group(system, monkeypatch):
    assert told("bubblewrap", LOOKS, system, monkeypatch, "/usr/bin/bwrap") == (advice.DELEGATE,)


def test_our_own_box_is_told_to_install_bubblewrap(system, monkeypatch):
    assert told("namespaces", KERNEL, system, monkeypatch) == (advice.INSTALL,)


def test_what_forbids_namespaces_is_named_with_its_cure(system, monkeypatch):
    (system / "kernel" / "apparmor_restrict_unprivileged_userns").write_text("1\n")
    (system / "kernel" / "unprivileged_userns_clone").write_text("0\n")
    (system / "user" / "max_user_namespaces").write_text("63000\n")

    more = told("process", LOOKS, system, monkeypatch, "/usr/bin/bwrap")

    assert "apparmor-profiles" in more[0]
    assert "set kernel.unprivileged_userns_clone to 1" in more[1]
    assert len(more) == 2


def test_a_container_is_told_what_to_allow(system, monkeypatch):
    (system / ".dockerenv").touch()

    assert advice.CONTAINER in told("process", LOOKS, system, monkeypatch)
