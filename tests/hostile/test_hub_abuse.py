"""Clients that mean harm: each gets an error, harms nobody else, and leaves the store readable."""

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grader.hub.requestlog import read_log
from grader.hub.server import HubServer, HubSession
from grader.hub.state import Quota
from tests.fakes.hub_http import Client, eventually, put, put_lfs, raw_socket
from tests.fakes.hub_repos import build_base

ROOT = Path(__file__).parents[2]


NAMES = ("name", "files", "objects", "path", "oid", "size", "tag", "gated", "content", "type", "key", "value")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
)
STARTS = (
    "",
    "/api/models",
    "/api/models/labs/french-bert/tree/main",
    "/labs/french-bert/resolve/main",
    "/api/repos/create",
)
HEADERS = ("Range", "If-None-Match", "If-Range", "Authorization", "Content-Type", "X-Odd", "Cookie")
METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS")
REQUESTS = st.fixed_dictionaries(
    {
        "method": st.sampled_from(METHODS),
        "url": st.builds(
            lambda start, rest: f"{start}/{quote(rest, safe='/?&=%')}",
            st.sampled_from(STARTS),
            st.text(st.characters(codec="ascii"), max_size=30),
        ),
        "headers": st.dictionaries(
            st.sampled_from(HEADERS), st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=40)
        ),
        "content": st.binary(max_size=60),
    }
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubServer]:
    with HubServer(build_base(tmp_path_factory.mktemp("base"), models=False)) as server:
        yield server


@pytest.fixture
def opened(server: HubServer, tmp_path: Path) -> Iterator[Callable[..., Client]]:
    with contextlib.ExitStack() as stack:

        def client(user: str = "ada", name: str = "overlay", **arguments: object) -> Client:
            session = stack.enter_context(server.open_session(tmp_path / name, user, **arguments))
            made = Client(session, user)
            stack.callback(made.http.close)
            return made

        yield client


@pytest.fixture
def ada(opened: Callable[..., Client]) -> Client:
    return opened()


def answer(session: HubSession, request: bytes) -> bytes:
    """Everything that the server says to some bytes."""
    with raw_socket(session) as connection:
        connection.sendall(request)
        parts = []
        with contextlib.suppress(ConnectionResetError):
            while part := connection.recv(65536):
                parts.append(part)
    return b"".join(parts)


def alive(client: Client) -> bool:
    return client.get("/api/whoami-v2").status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/labs/french-bert/resolve/main/../../../../../../etc/passwd",
        "/labs/french-bert/resolve/main/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
        "/labs/french-bert/resolve/main/%2Fetc%2Fpasswd",
        "/labs/french-bert/resolve/..%2F..%2Fblobs/x",
        "/..%2F..%2F/x/resolve/main/y",
        "/labs/french-bert/resolve/main/a%00b",
        "/labs/french-bert/resolve/main/%ff%fe",
        "/api/models/..%2F..%2Fetc/tree/main",
        "/api/models/labs/french-bert/tree/main/..%2F..%2F",
        "/_lfs/../../etc/passwd",
    ],
)
def test_a_path_does_not_lead_out_of_the_store(ada: Client, path: str):
    reply = answer(ada.session, f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())

    assert reply.startswith(b"HTTP/1.1 4")
    assert b"root:" not in reply


def test_a_repository_cannot_be_made_outside(ada: Client, tmp_path: Path):
    for name in ("../../evil", "..", "a/../../b", "x\0y", "/etc", "ada/..%2fx"):
        assert ada.post("/api/repos/create", json={"name": name, "organization": "ada"}).status_code == 400
    assert not list(tmp_path.rglob("*evil*"))


def test_a_body_that_says_it_is_too_long_is_refused_unread(ada: Client):
    ada.create("mine")
    head = f"POST /api/models/ada/mine/commit/main HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {ada.session.token}\r\n"

    reply = answer(ada.session, f"{head}Content-Length: 99999999999\r\n\r\n".encode())

    assert reply.startswith(b"HTTP/1.1 413")
    assert b"connection: close" in reply.lower()


def test_a_small_route_takes_no_large_body(ada: Client):
    assert ada.post("/api/repos/create", content=b" " * (17 * 1024**2)).status_code == 413
    assert ada.post("/api/repos/create", content=iter([b" " * 1024**2] * 17)).status_code == 413


def test_a_quota_of_bytes_ends_an_upload_in_the_middle(opened: Callable[..., Client]):
    client = opened(quota=Quota(written_bytes=300_000))
    client.create("mine")
    row = client.batch("ada/mine", os.urandom(250_000))
    used = client.session.usage().written_bytes
    content = [put(f"{n}.txt", os.urandom(100_000)) for n in range(4)]

    assert client.commit("models/ada/mine", *content).status_code == 413
    assert client.session.usage().written_bytes == used
    assert client.get("/api/models/ada/mine").json()["siblings"] == [{"rfilename": ".gitattributes"}]
    assert "actions" in row


def test_a_quota_of_files_refuses_a_commit(opened: Callable[..., Client]):
    client = opened(quota=Quota(files=3))
    client.create("mine")

    assert client.commit("models/ada/mine", *(put(f"{n}.txt", b"x") for n in range(4))).status_code == 413


def test_a_quota_of_requests_refuses_the_rest(opened: Callable[..., Client]):
    client = opened(quota=Quota(requests=3))

    assert [client.get("/api/whoami-v2").status_code for _ in range(5)] == [200, 200, 200, 429, 429]


def test_too_many_operations_are_refused(ada: Client):
    repo = f"models/{ada.create('mine')}"
    lines = [{"key": "deletedFile", "value": {"path": f"{n}"}} for n in range(25_001)]

    assert ada.commit(repo, *lines).status_code == 413


def merged(levels: int) -> str:
    """Ten names that each hold ten times all names of the one before."""
    lines = ["a0: &a0 {k: 1}"]
    lines += [f"a{at}: &a{at} {{<<: [{', '.join([f'*a{at - 1}'] * 10)}]}}" for at in range(1, levels)]
    return "\n".join(lines)


CARDS = {
    "names that multiply": merged(9),
    "the same by its tag": merged(9).replace("<<", "!<tag:yaml.org,2002:merge> x"),
    "a list in itself": "a: &a [*a]",
    "lists in lists by name": "\n".join(["a: &a0 []", *(f"a: &a{at} [*a{at - 1}]" for at in range(1, 3_000))]),
    "a number too long to print": "a: 0x" + "f" * 5_000,
    "a name too long to print": "0x" + "f" * 5_000 + ": a",
}


@pytest.mark.timeout(60)
@pytest.mark.parametrize("card", CARDS.values(), ids=CARDS.keys())
def test_a_card_that_explodes_is_refused_at_once(ada: Client, card: str):
    reply = ada.post("/api/validate-yaml", json={"content": f"---\n{card}\n---\n", "repoType": "model"})

    assert reply.status_code in {200, 400}
    assert reply.json()["errors"]


def test_slow_heads_are_cut_off_and_the_others_served(opened: Callable[..., Client]):
    slow = opened(quota=Quota(idle_seconds=0.3))
    fast = opened("bob", "other")
    connections = [raw_socket(slow.session) for _ in range(20)]
    for connection in connections:
        connection.sendall(b"GET /api/whoami-v2 HTTP/1.1\r\nX-Slow: ")

    assert alive(fast)
    for connection in connections:
        assert connection.recv(1) == b""
        connection.close()
    assert alive(slow)


def test_a_body_that_never_comes_is_given_up(opened: Callable[..., Client], tmp_path: Path):
    client = opened(quota=Quota(idle_seconds=0.3))
    client.create("mine")
    head = (
        f"POST /api/models/ada/mine/commit/main HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {client.session.token}\r\n"
    )

    reply = answer(client.session, f"{head}Content-Length: 1000\r\n\r\nhalf".encode())

    assert reply.startswith(b"HTTP/1.1 408")
    assert list((tmp_path / "overlay" / "uploads").iterdir()) == []


def test_a_crowd_of_connections_is_kept_to_its_own_session(opened: Callable[..., Client]):
    crowded = opened(quota=Quota(connections=5))
    fast = opened("bob", "other")
    with contextlib.ExitStack() as stack:
        connections = [stack.enter_context(raw_socket(crowded.session)) for _ in range(30)]
        refused = 0
        for connection in connections[5:]:
            with contextlib.suppress(ConnectionResetError, BrokenPipeError):
                connection.sendall(b"GET /api/whoami-v2 HTTP/1.1\r\nHost: x\r\n\r\n")
                refused += connection.recv(1) == b""
                continue
            refused += 1
        assert refused == 25
        assert alive(fast)
    assert eventually(lambda: alive(crowded))


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
        b"POST /api/validate-yaml HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET /\x00 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"CONNECT huggingface.co:443 HTTP/1.1\r\nHost: huggingface.co:443\r\n\r\n",
        b"GET http://huggingface.co/api/models HTTP/1.1\r\nHost: huggingface.co\r\nConnection: close\r\n\r\n",
    ],
)
def test_what_is_not_a_request_to_us_gets_a_clean_4xx(ada: Client, request_bytes: bytes):
    reply = answer_or_close(ada.session, request_bytes)

    assert reply == b"" or reply.startswith(b"HTTP/1.1 4")
    assert alive(ada)


def answer_or_close(session: HubSession, request: bytes) -> bytes:
    with raw_socket(session) as connection, contextlib.suppress(ConnectionResetError, BrokenPipeError):
        connection.sendall(request)
        connection.shutdown(1)
        return connection.recv(65536)
    return b""


def test_a_connection_that_breaks_off_leaves_nothing(ada: Client, tmp_path: Path):
    ada.create("mine")
    link = ada.batch("ada/mine", b"x" * 5_000_000)["actions"]["upload"]["href"].removeprefix(ada.session.endpoint)
    with raw_socket(ada.session) as connection:
        connection.sendall(
            f"PUT {link} HTTP/1.1\r\nHost: x\r\nContent-Length: 5000000\r\n\r\n".encode() + b"x" * 2_000_000
        )
    uploads = tmp_path / "overlay" / "uploads"

    assert eventually(lambda: list(uploads.iterdir()) == [])
    assert eventually(lambda: any(record.status == 499 for record in read_log(tmp_path / "overlay")))


def test_one_session_sees_nothing_of_another(opened: Callable[..., Client]):
    ada, eve = opened("ada", "one"), opened("eve", "two")
    repo = ada.create("mine")
    content = os.urandom(1000)
    digest = ada.upload(repo, content)
    ada.commit(f"models/{repo}", put_lfs("w.bin", digest))
    eve.create("theirs")

    assert eve.get(f"/api/models/{repo}").status_code == 404
    assert eve.commit("models/eve/theirs", put_lfs("w.bin", digest)).status_code == 400
    assert eve.get("/api/whoami-v2", headers={"Authorization": f"Bearer {ada.session.token}"}).status_code == 401


def test_a_student_named_like_a_namespace_of_the_base_does_not_own_it(server: HubServer, tmp_path: Path):
    with server.open_session(tmp_path / "o", "LABS") as session:
        assert session.user == "LABS-student"


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(REQUESTS)
def test_no_request_makes_the_server_fail(ada: Client, request_parts: dict[str, Any]):
    reply = ada.http.request(**request_parts)

    assert 200 <= reply.status_code < 500


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(JSON)
def test_no_json_makes_the_server_fail(ada: Client, payload: object):
    ada.post("/api/repos/create", json={"name": "mine"})
    for method, path in (
        ("POST", "/api/repos/create"),
        ("DELETE", "/api/repos/delete"),
        ("POST", "/api/repos/move"),
        ("POST", "/api/validate-yaml"),
        ("PUT", "/api/models/ada/mine/settings"),
        ("POST", "/api/models/ada/mine/preupload/main"),
        ("POST", "/ada/mine.git/info/lfs/objects/batch"),
        ("POST", "/api/models/ada/mine/branch/x"),
        ("POST", "/api/models/ada/mine/commit/main"),
        ("POST", "/api/models/ada/mine/paths-info/main"),
    ):
        assert ada(method, path, json=payload).status_code < 500
