import contextlib
import socket
import threading

import pytest

from grader.sandbox import forward
from grader.sandbox.forward import Forwarder


@pytest.fixture
def echo():
    """A server that sends back what it gets, until the client has said everything."""
    server = socket.create_server(("127.0.0.1", 0))

    def answer(connection):
        with connection, contextlib.suppress(OSError):
            while piece := connection.recv(65536):
                connection.sendall(piece)

    def serve():
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=answer, args=(server.accept()[0],), daemon=True).start()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield server.getsockname()[1]
    server.shutdown(socket.SHUT_RDWR)
    server.close()
    thread.join(5)


@pytest.fixture
def inside(echo):
    """The address that stands for a port inside a box."""
    listener = socket.create_server(("127.0.0.1", 0))
    address = listener.getsockname()
    forwarder = Forwarder({echo: listener})
    yield address
    forwarder.close()


def received(client):
    pieces = []
    while piece := client.recv(65536):
        pieces.append(piece)
    return b"".join(pieces)


def test_what_is_sent_comes_back_whole_also_when_it_is_more_than_any_buffer_holds(inside):
    sent = bytes(range(256)) * 40_000
    with socket.create_connection(inside, 10) as client:
        writer = threading.Thread(target=lambda: (client.sendall(sent), client.shutdown(socket.SHUT_WR)))
        writer.start()
        assert received(client) == sent
        writer.join()


def test_a_connection_that_is_reset_ends_only_itself(inside):
    with socket.create_connection(inside, 10) as rude:
        rude.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        rude.sendall(b"x")
    with socket.create_connection(inside, 10) as client:
        client.sendall(b"hello")
        client.shutdown(socket.SHUT_WR)
        assert received(client) == b"hello"


def test_connections_beyond_the_most_wait_until_one_ends(inside, monkeypatch):
    monkeypatch.setattr(forward, "MOST_CONNECTIONS", 1)
    with socket.create_connection(inside, 10) as first:
        first.sendall(b"first")
        assert first.recv(5) == b"first"
        waiting = socket.create_connection(inside, 10)
        waiting.sendall(b"second")
        waiting.settimeout(0.2)
        with pytest.raises(TimeoutError):
            waiting.recv(1)
    with waiting:
        waiting.settimeout(10)
        assert waiting.recv(6) == b"second"


def test_a_port_where_nobody_listens_closes_the_connection():
    free = socket.create_server(("127.0.0.1", 0))
    port = free.getsockname()[1]
    free.close()
    listener = socket.create_server(("127.0.0.1", 0))
    address = listener.getsockname()
    forwarder = Forwarder({port: listener})
    try:
        with socket.create_connection(address, 10) as client:
            assert client.recv(1) == b""
    finally:
        forwarder.close()
