import contextlib
import socket
from pathlib import Path

import httpx2
import pytest

from grader.errors import InternalFault, MachineFault
from grader.hub.server import HubServer
from grader.hub.state import Quota
from grader.hub.store import Layer
from tests.fakes.hub_http import Client, raw_socket


def test_the_environment_leads_every_client_to_the_session(open_hub, tmp_path: Path):
    session = open_hub()
    environment = session.environment(tmp_path / "home")

    assert environment["HF_ENDPOINT"] == session.endpoint == environment["HTTPS_PROXY"]
    assert environment["HF_TOKEN"] == session.token == session.tokens["ada"]
    assert environment["HF_HOME"] == str(tmp_path / "home")
    assert environment["HF_HUB_DISABLE_XET"] == "1"
    assert Path(session.environment()["HF_HOME"]).parent == tmp_path / "overlay"


def test_a_session_tells_what_it_used_and_closes_once(open_hub, connect):
    session = open_hub()
    client = connect(session)
    client.create("mine")
    client.get("/api/models/no/thing")
    usage = session.close()

    assert (usage.requests, usage.refused, usage.repos) == (2, 1, 1)
    assert usage.written_bytes > 500
    assert session.close() is usage
    with pytest.raises(httpx2.TransportError):
        client.get("/api/whoami-v2")


def test_a_session_that_is_opened_again_goes_on(open_hub, connect):
    first = open_hub()
    connect(first).push(f"models/{connect(first).create('mine')}", a__txt=b"a")
    written = first.close().written_bytes

    second = open_hub(tokens={"ada": "hf_known"})
    assert second.token == "hf_known"
    assert connect(second).get("/ada/mine/resolve/main/a.txt").text == "a"
    assert 0 < second.usage().written_bytes <= written


def test_a_listener_made_elsewhere_is_served(open_hub, connect):
    listening = socket.create_server(("127.0.0.1", 0))
    session = open_hub(listening=listening)

    assert session.endpoint.endswith(f":{listening.getsockname()[1]}")
    assert connect(session).get("/api/whoami-v2").status_code == 200


def test_a_taken_port_is_said_so(open_hub):
    port = int(open_hub().endpoint.rpartition(":")[2])

    with pytest.raises(MachineFault, match="GR605"):
        open_hub("other", port=port)


def test_an_overlay_that_cannot_be_written_is_said_so(open_hub, tmp_path: Path):
    (tmp_path / "file").write_text("")

    with pytest.raises(InternalFault, match="GR507"):
        open_hub("file")


def test_closing_the_server_closes_what_is_open(hub_base: Path, tmp_path: Path):
    with HubServer(hub_base) as server:
        session = server.open_session(tmp_path / "o", "ada")
        waiting = raw_socket(session)
        waiting.sendall(b"GET /api/whoami-v2 HTTP/1.1\r\nX: ")
    assert waiting.recv(10) == b""
    waiting.close()


def test_a_connection_that_was_only_just_accepted_is_closed_with_the_session(tmp_path: Path):
    with HubServer(None) as server:
        for number in range(200):
            session = server.open_session(tmp_path / str(number), "ada")
            with raw_socket(session) as waiting:
                session.close()
                with contextlib.suppress(ConnectionResetError):  # it had not even been accepted
                    assert waiting.recv(10) == b""


def test_a_hub_without_a_base_is_empty(tmp_path: Path):
    with HubServer(None) as server, server.open_session(tmp_path / "o", "ada") as session:
        client = Client(session, "ada")
        assert client.get("/api/models").json() == []
        client.http.close()


def test_a_request_in_progress_is_ended_with_the_session(open_hub, connect):
    session = open_hub(quota=Quota(idle_seconds=60))
    connect(session).create("mine")
    with raw_socket(session) as connection:
        head = f"POST /api/models/ada/mine/commit/main HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {session.token}\r\n"
        connection.sendall(f"{head}Content-Length: 100\r\n\r\nhalf".encode())
        connect(session).get("/api/whoami-v2")
        session.close()
        assert connection.recv(10) == b""


def test_a_damaged_store_answers_with_our_fault_and_goes_on(open_hub, connect, tmp_path: Path, caplog):
    client = connect(open_hub())
    client.push(f"models/{client.create('mine')}", a__txt=b"unlike any other")
    digest = Layer(tmp_path / "overlay")
    oid = digest.repos["model", "ada/mine"].branches["main"]
    commit = digest.commit(oid)
    assert commit is not None
    digest.blobs.path(commit.files["a.txt"].sha256).unlink()

    assert client.get("/ada/mine/resolve/main/a.txt").status_code == 500
    assert "KeyError" in caplog.text
    assert client.get("/api/whoami-v2").status_code == 200
