import socket
import threading

import pytest

from grader.warm.client import Server, WarmFault, find_kept
from grader.warm.starting import start_kept
from tests.fakes.warm import light_server, needs_forks

pytestmark = needs_forks


@pytest.fixture
def kept(tmp_path):
    server = start_kept(tmp_path / "warm", "f", ("json",), 600.0)
    yield server
    server.stop()


def test_a_kept_server_is_found_by_those_that_it_fits(kept):
    found = find_kept(kept.folder, "f", ("json",))

    assert found is not None
    facts = found.facts()
    assert (facts["unfit"], facts["served"], facts["preload"]) == (None, 0, ["json"])
    assert kept.folder.stat().st_mode & 0o777 == 0o700
    assert (kept.folder / "socket").stat().st_mode & 0o777 == 0o600
    for fingerprint, modules in (("other", ("json",)), ("f", ("json", "csv"))):
        with pytest.raises(WarmFault, match="before something was installed or changed"):
            find_kept(kept.folder, fingerprint, modules)


def test_a_server_that_was_stopped_is_found_no_more(tmp_path):
    server = start_kept(tmp_path / "warm", "f", ("json",), 600.0)
    server.stop()

    assert find_kept(server.folder, "f", ("json",)) is None


def test_whoever_speaks_another_language_is_not_answered():
    server = light_server()
    with pytest.raises(WarmFault):
        server.ask({"nothing": 1})

    assert server.facts()["unfit"] is None


def test_an_answer_without_a_supervisor_is_a_fault(tmp_path):
    def answer() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(b'{"refused": "the warm server has 2 threads"}')

    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "socket"))
        listener.listen()
        thread = threading.Thread(target=answer)
        thread.start()
        with pytest.raises(WarmFault, match="2 threads"):
            Server(tmp_path).fork({}, [])
        thread.join()
