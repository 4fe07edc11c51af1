"""A Hub to talk to: a small base, a session for ada, and a client that sends exactly what a test says."""

import contextlib
import datetime
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from grader.hub.server import HubServer, HubSession
from grader.hub.state import Quota
from tests.fakes.hub_http import Client
from tests.fakes.hub_repos import build_base

NOW = datetime.datetime(2025, 5, 6, 7, 8, 9, 10_000, tzinfo=datetime.UTC)


@pytest.fixture(scope="session")
def hub_base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A base without models that load: cards, data, gated and private repositories."""
    return build_base(tmp_path_factory.mktemp("hub-base"), models=False)


@pytest.fixture(scope="session")
def hub_server(hub_base: Path) -> Iterator[HubServer]:
    with HubServer(hub_base) as server:
        yield server


@pytest.fixture
def open_hub(hub_server: HubServer, tmp_path: Path) -> Iterator[Callable[..., HubSession]]:
    """Open sessions with a fixed clock; each is closed at the end of the test."""
    opened: list[HubSession] = []

    def open_session(name: str = "overlay", **arguments: Any) -> HubSession:
        defaults: dict[str, Any] = {"user": "ada", "guests": ["bob"], "clock": lambda: NOW}
        opened.append(hub_server.open_session(tmp_path / name, **(defaults | arguments)))
        return opened[-1]

    yield open_session
    for session in opened:
        session.close()


@pytest.fixture
def session(open_hub: Callable[..., HubSession]) -> HubSession:
    return open_hub()


@pytest.fixture
def connect() -> Iterator[Callable[[HubSession, str | None], Client]]:
    """Make clients; each is closed at the end of the test."""
    with contextlib.ExitStack() as stack:

        def client(session: HubSession, user: str | None = "ada") -> Client:
            made = Client(session, user)
            stack.callback(made.http.close)
            return made

        yield client


@pytest.fixture
def ada(session: HubSession, connect: Callable[..., Client]) -> Client:
    return connect(session)


@pytest.fixture
def bob(session: HubSession, connect: Callable[..., Client]) -> Client:
    return connect(session, "bob")


@pytest.fixture
def stranger(session: HubSession, connect: Callable[..., Client]) -> Client:
    return connect(session, None)


@pytest.fixture
def tight() -> Quota:
    """A quota that tests can reach."""
    return Quota(written_bytes=200_000, files=5, requests=40, connections=4, repos=3, idle_seconds=0.3)
