"""The sockets of a network namespace of the test's own, in a fork: those of the machine come and go."""

import contextlib
import multiprocessing
import os
import socket
import sys
from pathlib import Path

from grader.sandbox import namespaces, rarely, sockets
from grader.sandbox.sockets import Sockets
from tests.fakes.boxes import needs_namespaces

FORK = multiprocessing.get_context("fork")
WELL = 7


def alone(body):
    def run():
        namespaces._make_namespaces()
        namespaces._raise_loopback()
        with contextlib.ExitStack() as stack:
            body(Sockets(os.getpid(), stack.callback))
        sys.exit(WELL)

    process = FORK.Process(target=run)
    process.start()
    process.join()
    return process.exitcode


@needs_namespaces
def test_what_waits_in_a_connection_is_counted_while_it_waits():
    def body(counted):
        with socket.create_server(("127.0.0.1", 0)) as server:
            client = socket.create_connection(server.getsockname())
            other = server.accept()[0]
        with client, other:
            assert counted.held_bytes() == 0
            client.setblocking(False)
            sent = 0
            with contextlib.suppress(BlockingIOError):
                while True:
                    sent += client.send(b"x" * 65536)
            assert counted.held_bytes() >= sent
            while sent > 0:
                sent -= len(other.recv(1 << 20))
            assert counted.held_bytes() < 1 << 16

    assert alone(body) == WELL


@needs_namespaces
def test_tables_are_walked_only_for_sockets_that_may_hold_something(monkeypatch):
    def body(_):
        walked = []
        with contextlib.ExitStack() as stack, socket.create_server(("127.0.0.1", 0)) as server:
            counted = Sockets(os.getpid(), stack.callback, listening=1)
            monkeypatch.setattr(counted, "_rows", lambda table: walked.append(table) or [])
            counted.held_bytes()
            assert walked == ["unix"]
            with socket.create_connection(server.getsockname()), socket.socket(type=socket.SOCK_DGRAM) as letters:
                letters.bind(("127.0.0.1", 0))
                counted.held_bytes()
            assert walked[1:] == ["tcp", "udp", "unix"]

    assert alone(body) == WELL


def test_a_kernel_that_does_not_count_sockets_has_all_tables_walked(monkeypatch):
    with contextlib.ExitStack() as stack:
        counted = Sockets(os.getpid(), stack.callback)
        walked = []
        monkeypatch.setattr(counted, "_rows", lambda table: walked.append(table) or [])
        monkeypatch.setattr(counted, "_counted", dict)
        counted.held_bytes()
    assert walked == ["tcp", "tcp6", "udp", "udp6", "unix"]


@needs_namespaces
def test_unix_sockets_count_as_what_they_could_hold():
    def body(counted):
        pairs = [socket.socketpair() for _ in range(50)]
        assert counted.held_bytes() == 100 * sockets._UNIX_BYTES
        for end in (end for pair in pairs for end in pair):
            end.close()
        assert counted.held_bytes() == 0

    assert alone(body) == WELL


def test_a_table_that_cannot_be_read_counts_nothing():
    with Path(os.devnull).open("rb") as nothing:
        assert sockets._lines(nothing.fileno()) == []
    assert sockets._lines(-1) == []
    assert sockets._queued(b"too short") == 0


def test_the_tables_are_walked_only_now_and_then(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(rarely.time, "monotonic", lambda: now[0])
    held = iter((5, 7))
    monkeypatch.setattr(Sockets, "held_bytes", lambda _: next(held))
    found = Sockets(os.getpid(), lambda close: close())

    assert [found.lately(), found.lately()] == [5, 5]
    now[0] = 1.0
    assert found.lately() == 7
