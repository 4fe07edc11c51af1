"""Request bodies: read piece by piece, with a limit on their length and on the client's silence."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import parse_qs

from starlette.concurrency import run_in_threadpool

from grader.hub.blobs import READ_BYTES, Incoming
from grader.hub.cards import read_json_bytes
from grader.hub.reply import Refusal

Receive = Callable[[], Awaitable[Any]]
SMALL_BODY_BYTES = 16 * 1024**2
DRAIN_BYTES = 64 * 1024**2


class GoneError(Exception):
    """The client closed the connection in the middle of its request."""


class Body:
    """The body of one request."""

    def __init__(self, receive: Receive, idle_seconds: float, headers: Mapping[str, str]) -> None:
        """Prepare to read.

        Args:
            receive: of ASGI.
            idle_seconds: longest silence.
            headers: say whether there is a body, and how long it is.
        """
        self._receive = receive
        self._idle_seconds = idle_seconds
        announced = headers.get("content-length", "")
        self.announced = int(announced) if announced.isdigit() else 0
        self.received = 0
        self.done = not self.announced and "transfer-encoding" not in headers

    async def pieces(self) -> AsyncIterator[bytes]:
        """Yield the body as it arrives.

        Raises:
            Refusal: 408, the client is silent for too long.
            GoneError: the client has gone.
        """
        while not self.done:
            try:
                message = await asyncio.wait_for(self._receive(), self._idle_seconds)
            except TimeoutError as exc:
                raise Refusal(408, f"Nothing arrived for {self._idle_seconds:g} seconds.") from exc
            if message["type"] == "http.disconnect":
                raise GoneError
            self.done = not message.get("more_body", False)
            piece = message.get("body", b"")
            self.received += len(piece)
            if piece:
                yield piece

    async def small(self) -> bytes:
        """Read a body that belongs into memory.

        Raises:
            Refusal: 413, it does not.
        """
        self._limit(SMALL_BODY_BYTES)
        parts: list[bytes] = []
        async for piece in self.pieces():
            parts.append(piece)
            self._limit(SMALL_BODY_BYTES)
        return b"".join(parts)

    async def to_file(self, incoming: Incoming, limit: int) -> None:
        """Write a body to disk, in large pieces and off the event loop.

        Args:
            incoming: the file.
            limit: most bytes.

        Raises:
            Refusal: 413, the body is longer, or the quota is used up.
        """
        self._limit(limit)
        waiting: list[bytes] = []
        size = 0
        async for piece in self.pieces():
            self._limit(limit)
            waiting.append(piece)
            size += len(piece)
            if size >= READ_BYTES:
                await run_in_threadpool(incoming.write, b"".join(waiting))
                waiting, size = [], 0
        await run_in_threadpool(incoming.write, b"".join(waiting))

    async def drain(self) -> bool:
        """Read what a refused client still sends, so that it gets to read the refusal.

        Returns:
            False when there is too much of it: the connection has to be closed.
        """
        if self.announced - self.received > DRAIN_BYTES:
            return False
        try:
            async for _ in self.pieces():
                if self.received > DRAIN_BYTES:
                    return False
        except (Refusal, GoneError):
            return False
        return True

    def _limit(self, limit: int) -> None:
        if max(self.received, self.announced) > limit:
            raise Refusal(413, f"The body of this request may have {limit:,} bytes.")


def parse_json(content: bytes) -> Any:
    """Parse a JSON body.

    Raises:
        Refusal: 400, it is not JSON.
    """
    value = read_json_bytes(content or b"{}")
    if value is None:
        raise Refusal(400, "The body is not JSON.")
    return value


def parse_form(content: bytes, content_type: str) -> dict[str, Any]:
    """Parse a form; a JSON object is understood as well.

    Raises:
        Refusal: 400, it is neither.
    """
    if content_type.startswith("application/json"):
        value = parse_json(content)
        if not isinstance(value, dict):
            raise Refusal(400, "The body must be an object.")
        return value
    try:
        return dict(parse_qs(content.decode(), keep_blank_values=True, max_num_fields=20_000))
    except ValueError as exc:
        raise Refusal(400, "The body is not a form.") from exc
