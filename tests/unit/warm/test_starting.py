"""Warm servers come up, stay as long as they should, and leave nothing when they are given up."""

import time

import psutil
import pytest

from grader.warm import starting
from grader.warm.client import WarmFault, find_kept
from grader.warm.starting import begin_private, start_kept, start_private
from tests.fakes.warm import needs_forks

pytestmark = needs_forks


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    """Where private servers have their folders."""
    monkeypatch.setattr(starting.tempfile, "tempdir", str(tmp_path))
    return tmp_path


def children():
    return psutil.Process().children()


def test_a_private_server_is_there_until_it_is_stopped(temporary):
    server = start_private(("json",), "f")

    assert server.facts()["preload"] == ["json"]
    assert find_kept(server.folder, "f", ("json",)) is not None
    server.stop()
    assert list(temporary.iterdir()) == []


def test_nobody_has_to_wait_for_a_server_that_is_coming_up(temporary):
    coming = begin_private(("json",))

    assert coming.server() is None  # an interpreter takes longer to start than this
    deadline = time.monotonic() + 60
    while (server := coming.server()) is None and time.monotonic() < deadline:
        time.sleep(0.05)
    assert server is not None
    assert server.facts()["unfit"] is None
    server.stop()


def test_a_server_that_is_given_up_leaves_no_process_and_no_file(temporary):
    before = children()
    coming = begin_private(("json",))
    coming.abandon()

    assert children() == before
    assert list(temporary.iterdir()) == []


def test_a_folder_that_others_can_read_is_not_used(tmp_path):
    (tmp_path / "warm").mkdir(mode=0o755)
    (tmp_path / "warm").chmod(0o755)

    with pytest.raises(WarmFault, match="not this user's alone"):
        start_kept(tmp_path / "warm", "f", ("json",), 600.0)
    (tmp_path / "warm" / "socket").write_text("")
    assert find_kept(tmp_path / "warm", "f", ()) is None


def test_a_place_that_cannot_be_made_is_said(tmp_path):
    (tmp_path / "file").write_text("")

    with pytest.raises(WarmFault, match="cannot be used"):
        start_kept(tmp_path / "file" / "warm", "f", (), 600.0)


def test_a_server_that_does_not_come_up_says_why(temporary, monkeypatch):
    monkeypatch.setattr(starting, "server_environment", lambda: {"PYTHONHASHSEED": "nonsense"})

    with pytest.raises(WarmFault, match="did not come up"):
        start_private(("json",))
    assert list(temporary.iterdir()) == []


def test_a_server_ends_when_nobody_asks(tmp_path):
    server = start_kept(tmp_path / "warm", "f", ("json",), 0.0)

    with pytest.raises(WarmFault):
        [server.facts() for _ in range(1000)]
    assert find_kept(server.folder, "f", ("json",)) is None
