"""The connections of a session: uvicorn's HTTP protocol with limits against clients that hold on for ever."""

import asyncio
from typing import Any

import h11
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState


class HubProtocol(H11Protocol):
    """One connection: refused above a number of them, closed when a request's head does not arrive in time."""

    def __init__(
        self, config: Config, server_state: ServerState, *, loop: asyncio.AbstractEventLoop, most: int, seconds: float
    ) -> None:
        """Prepare a connection.

        Args:
            config: of uvicorn, with the application.
            server_state: holds the connections of the session.
            loop: runs the connection.
            most: connections that the session may have.
            seconds: in which the head of a request must arrive.
        """
        super().__init__(config=config, server_state=server_state, app_state={}, _loop=loop)
        self._most = most
        self._seconds = seconds
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn declares it
        """Take the connection, or close it when there are too many."""
        super().connection_made(transport)
        if len(self.connections) > self._most:
            transport.abort()
            return
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._unwatch()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take bytes; while they do not make up the head of a request, the clock runs."""
        if self.transport.is_closing():
            return
        super().data_received(data)
        if self.conn.their_state is h11.IDLE:
            self._watch()
        else:
            self._unwatch()

    def _watch(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(self._seconds, self._too_slow)

    def _unwatch(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _too_slow(self) -> None:
        self._deadline = None
        if not self.transport.is_closing():
            self.transport.abort()


def make_config(app: Any) -> Config:
    """Configure uvicorn for a session: no lifespan, no websockets, no log of its own, nothing that is not needed.

    Args:
        app: the ASGI application.

    Returns:
        The loaded configuration.
    """
    config = Config(
        app,
        http=HubProtocol,
        ws="none",
        lifespan="off",
        interface="asgi3",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        timeout_keep_alive=60,
        h11_max_incomplete_event_size=32 * 1024,
    )
    config.load()
    return config
