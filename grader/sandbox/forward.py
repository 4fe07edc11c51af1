"""Serves a port of a box from outside: connections to a listener that was handed out go to the same port out here.

The far end of every connection is hostile: their number is bounded, and so is what is held for each of them.
"""

import contextlib
import selectors
import socket
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

#: Connections at a time; more wait in the listener's queue.
MOST_CONNECTIONS = 64
_PIECE = 256 * 1024
_STOP_SECONDS = 5.0


@dataclass(eq=False)
class _Stream:
    """One direction of a connection: what was read from `source` and not yet written to `target`."""

    source: socket.socket
    target: socket.socket
    held: bytearray = field(default_factory=bytearray)
    ended: bool = False
    """The source has said everything."""
    closed: bool = False
    """The target was told so."""


class Forwarder:
    """Forwards connections in a thread of its own."""

    def __init__(self, listeners: Mapping[int, socket.socket]) -> None:
        """Start forwarding.

        Args:
            listeners: listening sockets by the port out here; they are closed by `close`.
        """
        self._listeners = dict(listeners)
        self._pairs: dict[socket.socket, tuple[_Stream, _Stream]] = {}
        self._selector = selectors.DefaultSelector()
        self._stop, self._stopped = socket.socketpair()
        self._selector.register(self._stopped, selectors.EVENT_READ)
        for port, listener in self._listeners.items():
            listener.setblocking(False)
            self._selector.register(listener, selectors.EVENT_READ, port)
        self._thread = threading.Thread(target=self._serve, name="forwarder", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End every connection and close the listeners."""
        self._stop.close()
        self._thread.join(_STOP_SECONDS)
        for connection in (*self._pairs, *self._listeners.values(), self._stopped):
            connection.close()
        self._selector.close()

    def _serve(self) -> None:
        while True:
            for key, _ in self._selector.select():
                connection = key.fileobj
                if connection is self._stopped:
                    return
                if not isinstance(connection, socket.socket):
                    continue
                if key.data is not None:
                    self._accept(connection, key.data)
                elif connection in self._pairs:
                    self._move(self._pairs[connection])

    def _accept(self, listener: socket.socket, port: int) -> None:
        if len(self._pairs) >= 2 * MOST_CONNECTIONS:
            self._selector.unregister(listener)  # until a connection ends; see _drop
            return
        try:
            inner, _ = listener.accept()
        except OSError:  # it went away before it was accepted
            return
        outer = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        try:
            outer.connect(("127.0.0.1", port))
        except OSError:  # nobody listens out here: the box sees a closed connection
            inner.close()
            outer.close()
            return
        pair = (_Stream(inner, outer), _Stream(outer, inner))
        for connection in (inner, outer):
            connection.setblocking(False)
            with contextlib.suppress(OSError):
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._pairs[connection] = pair
            self._selector.register(connection, selectors.EVENT_READ)

    def _move(self, pair: tuple[_Stream, _Stream]) -> None:
        try:
            for stream in pair:
                _pump(stream)
        except OSError:
            self._drop(pair)
            return
        if all(stream.closed for stream in pair):
            self._drop(pair)
            return
        for reading, writing in (pair, pair[::-1]):
            wanted = selectors.EVENT_READ if not reading.ended and not reading.held else 0
            wanted |= selectors.EVENT_WRITE if writing.held else 0
            self._watch(reading.source, wanted)

    def _watch(self, connection: socket.socket, wanted: int) -> None:
        known = connection in self._selector.get_map()
        if wanted and known:
            self._selector.modify(connection, wanted)
        elif wanted:
            self._selector.register(connection, wanted)
        elif known:
            self._selector.unregister(connection)

    def _drop(self, pair: tuple[_Stream, _Stream]) -> None:
        for stream in pair:
            self._watch(stream.source, 0)
            self._pairs.pop(stream.source, None)
            stream.source.close()
        for port, listener in self._listeners.items():
            if listener not in self._selector.get_map():
                self._selector.register(listener, selectors.EVENT_READ, port)


def _pump(stream: _Stream) -> None:
    """Move what can be moved at once; an error of either side ends the connection."""
    if not stream.held and not stream.ended:
        with contextlib.suppress(BlockingIOError):
            piece = stream.source.recv(_PIECE)
            stream.held += piece
            stream.ended = not piece
    if stream.held:
        with contextlib.suppress(BlockingIOError):
            del stream.held[: stream.target.send(stream.held)]
    if stream.ended and not stream.held and not stream.closed:
        stream.target.shutdown(socket.SHUT_WR)
        stream.closed = True
