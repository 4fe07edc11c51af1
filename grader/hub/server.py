"""The embedded Hub: one event loop in a thread of its own, one port, overlay, token and log per session.

Every session has its own port, not a path prefix on a shared one: in a network namespace the listener is made inside
the sandbox and handed out as a socket, so that the port is the only thing that the student can reach. A thread costs
nothing to start (the imports are paid for already), and it waits in system calls while the notebook runs.
"""

import asyncio
import secrets
import socket
import threading
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from uvicorn.server import ServerState

from grader.errors import InternalFault, MachineFault
from grader.hub.app import HubApp
from grader.hub.blobs import BlobStore
from grader.hub.files import user_name
from grader.hub.protocol import HubProtocol, make_config
from grader.hub.requestlog import RequestLog
from grader.hub.state import Clock, Meter, Quota, State, utc_now
from grader.hub.store import Layer, Store
from grader.sandbox.environ import HUB_CLIENTS

CLOSE_SECONDS = 5.0
#: Turns of the loop between asyncio's accepting a connection and its being known to us: one makes it, one announces it.
#: A connection that is accepted, and whose server is closed before it is made, is forgotten by asyncio, open.
_ACCEPTING = 3


@dataclass(frozen=True)
class HubUsage:
    """What a session used."""

    requests: int
    refused: int
    """Requests that were answered with 400 or above."""
    sent_bytes: int
    written_bytes: int
    """What the overlay holds."""
    repos: int
    """Repositories that the session made or changed."""


class HubSession:
    """One run's own Hub: the base, and what the run pushes."""

    def __init__(self, server: "HubServer", state: State, home: Path, log: RequestLog, app: HubApp) -> None:
        """Keep what the session needs; `HubServer.open_session` makes sessions."""
        self._server = server
        self._state = state
        self._home = home
        self._log = log
        self._config = make_config(app)
        self._connections = ServerState()
        self._listener: asyncio.Server | None = None
        self._usage: HubUsage | None = None
        self.tokens = {user: token for token, user in state.users.items()}
        """User -> token, of every user that was asked for."""
        self.user = next(iter(self.tokens))
        """The name that the session's user goes by: the one asked for, made fit for a namespace."""
        self.token = self.tokens[self.user]

    @property
    def endpoint(self) -> str:
        """The URL of the session: what HF_ENDPOINT has to be."""
        return self._state.endpoint

    def environment(self, home: Path | None = None) -> dict[str, str]:
        """Return the environment that makes the real clients use this session.

        The variables are read when the libraries are imported, so they must be set before Python starts. The proxy
        entries lead every call to another host to this Hub, which refuses it at once and logs it: `datasets` asks hosts
        beside HF_ENDPOINT, and without a network each such call would wait for the resolver.

        Args:
            home: HF_HOME, one per run, or one run's cache would leak into the next; below the overlay by default.

        Returns:
            Names and values.
        """
        return {
            "HF_ENDPOINT": self.endpoint,
            "HF_HOME": str(home or self._home),
            "HF_TOKEN": self.token,
            **HUB_CLIENTS,
            "TOKENIZERS_PARALLELISM": "false",
            "HTTP_PROXY": self.endpoint,
            "HTTPS_PROXY": self.endpoint,
            "http_proxy": self.endpoint,
            "https_proxy": self.endpoint,
            "NO_PROXY": "127.0.0.1",
            "no_proxy": "127.0.0.1",
        }

    def usage(self) -> HubUsage:
        """Return what the session has used so far."""
        meter = self._state.meter
        changed = self._state.store.overlay.repos
        return HubUsage(meter.requests, meter.refused, meter.sent, meter.written, len(changed))

    def close(self) -> HubUsage:
        """Stop listening, end the connections and close the log; a second call changes nothing.

        Returns:
            What the session used.
        """
        if self._usage is None:
            self._server.run(self._stop())
            self._log.close()
            self._usage = self.usage()
            self._server.forget(self)
        return self._usage

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    async def start(self, listening: socket.socket) -> None:
        """Serve a listening socket; called in the server's loop."""
        loop = asyncio.get_running_loop()
        quota = self._state.meter.quota

        def connection() -> HubProtocol:
            return HubProtocol(
                self._config, self._connections, loop=loop, most=quota.connections, seconds=quota.idle_seconds
            )

        self._listener = await loop.create_server(connection, sock=listening, backlog=128)

    async def _stop(self) -> None:
        if self._listener is not None:
            for listening in self._listener.sockets:
                asyncio.get_running_loop().remove_reader(listening)
            for _ in range(_ACCEPTING):
                await asyncio.sleep(0)
            self._listener.close()
        for connection in list(self._connections.connections):
            connection.shutdown()
        if self._connections.tasks:
            await asyncio.wait(list(self._connections.tasks), timeout=CLOSE_SECONDS)
        for connection in list(self._connections.connections):
            connection.transport.abort()
        for task in list(self._connections.tasks):
            task.cancel()
        if self._connections.tasks:
            await asyncio.wait(list(self._connections.tasks), timeout=CLOSE_SECONDS)


class HubServer:
    """Serves any number of sessions above one read-only base."""

    def __init__(self, base: Path | None) -> None:
        """Read the records of a base.

        Args:
            base: a folder that `ensure_base` or `pull` filled; None for an empty Hub.
        """
        self._base = Layer(base) if base is not None else None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="hub", daemon=True)
        self._sessions: list[HubSession] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for session in list(self._sessions):
            session.close()
        self.run(self._loop.shutdown_default_executor())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(CLOSE_SECONDS)
        self._loop.close()

    def open_session(
        self,
        overlay: Path,
        user: str,
        *,
        guests: Sequence[str] = (),
        tokens: Mapping[str, str] | None = None,
        quota: Quota | None = None,
        listening: socket.socket | None = None,
        port: int = 0,
        clock: Clock = utc_now,
    ) -> HubSession:
        """Open a Hub of a run's own.

        Args:
            overlay: folder for what the run pushes, with the request log; continued when it exists.
            user: who the run's token belongs to, and the one namespace that it may write to; made fit for a name.
            guests: more users, each with a token.
            tokens: user -> token; a token is made up for a user that is not in it.
            quota: what the session may use.
            listening: a listening TCP socket, such as one made in the sandbox's network namespace.
            port: on 127.0.0.1, when no socket is given; 0 takes a free one.
            clock: gives the date of commits.

        Returns:
            The session; it answers already.

        Raises:
            MachineFault: GR605, it cannot listen on 127.0.0.1.
            InternalFault: GR507, the overlay cannot be written.
        """
        quota = quota or Quota()
        listening = listening or _listen(port)
        try:
            overlay.mkdir(parents=True, exist_ok=True)
            meter = Meter(quota, BlobStore(overlay).usage()[1])
            layer = Layer(overlay, meter.charge)
            layer.open_for_writing()
            home = overlay / "client-home"
            log = RequestLog(overlay)
        except OSError as exc:
            listening.close()
            raise InternalFault("GR507", f"The Hub's folder {overlay.name} cannot be written: {exc.strerror}.") from exc
        known = tokens or {}
        names = (self._free_name(user), *guests)
        users = {known.get(name) or f"hf_{secrets.token_hex(17)}": name for name in names}
        host, port = listening.getsockname()[:2]
        state = State(
            store=Store(layer, self._base), meter=meter, users=users, endpoint=f"http://{host}:{port}", clock=clock
        )
        session = HubSession(self, state, home, log, HubApp(state, log))
        self.run(session.start(listening))
        self._sessions.append(session)
        return session

    def _free_name(self, wanted: str) -> str:
        """Make a namespace of a student's id; one that the base uses would make its repositories the student's."""
        name = user_name(wanted)
        taken = {repo.author.lower() for repo in self._base.repos.values()} if self._base else set[str]()
        return f"{name}-student" if name.lower() in taken else name

    def run(self, work: Coroutine[object, object, None]) -> None:
        """Run a coroutine in the server's loop and wait for it."""
        asyncio.run_coroutine_threadsafe(work, self._loop).result(3 * CLOSE_SECONDS)

    def forget(self, session: HubSession) -> None:
        """Drop a closed session."""
        self._sessions.remove(session)


def _listen(port: int) -> socket.socket:
    # proto is named: asyncio sets TCP_NODELAY only on sockets that say TCP, and without it each reply waits 40 ms
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", port))
        listening.listen(128)
    except OSError as exc:
        listening.close()
        raise MachineFault("GR605", f"The embedded Hub could not listen on 127.0.0.1:{port}: {exc.strerror}.") from exc
    return listening
