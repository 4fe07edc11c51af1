"""The Hub's own time per request, 100 MB of it against nginx (or plain sendfile), and its memory under 1 GB."""

import contextlib
import hashlib
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
import psutil

from grader.hub.base import base_of
from grader.hub.repo import MiniatureRepo, RepoMeta
from grader.hub.requestlog import read_log
from grader.hub.server import HubServer

SIZE = 100 * 1024**2
UPLOAD = 1024**3
ROUNDS, REQUESTS = 9, 300
#: The client is a process of its own: it must not share an interpreter lock with the server that it times.
CLIENT = """
import http.client, sys, time
port, path, method, rounds = int(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4])
buffer = bytearray(1 << 20)
for _ in range(rounds):
    began = time.perf_counter()
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request(method, path)
    reply = connection.getresponse()
    assert reply.status == 200, reply.status
    while reply.readinto(buffer):
        pass
    connection.close()
    print(time.perf_counter() - began)
"""
#: A Hub of its own process, so that its memory is only its own.
SERVE = """
import sys
from pathlib import Path
from grader.hub.server import HubServer
with HubServer(None) as server:
    print(server.open_session(Path(sys.argv[1]), "ada", tokens={"ada": "hf_fixed"}).endpoint, flush=True)
    sys.stdin.read()
"""


@dataclass(frozen=True)
class Figure:
    """One measured quantity and what the design asks for."""

    what: str
    value: float
    unit: str
    wanted: float | None = None


def measure_hub() -> list[Figure]:
    """Measure everything; takes about half a minute on an idle machine."""
    with tempfile.TemporaryDirectory(prefix="bench-hub-") as name:
        root = Path(name)
        folder = root / "files"
        folder.mkdir()
        (folder / "big.bin").write_bytes(os.urandom(SIZE))
        (folder / "config.json").write_text('{"model_type": "bert", "architectures": ["BertForMaskedLM"]}')
        return [*_measure_requests(root, folder), _measure_upload(root / "pushed")]


def hub_lines(figures: list[Figure]) -> list[str]:
    """Return the table, one line per figure."""
    return [
        f"{figure.what:<36} {figure.value:9.2f} {figure.unit:<4}"
        + (f"wanted: at most {figure.wanted:g}" if figure.wanted is not None else "")
        for figure in figures
    ]


def _measure_requests(root: Path, folder: Path) -> list[Figure]:
    base = base_of([MiniatureRepo("model", "labs/big", folder, RepoMeta())], root / "cache", lambda _: None)
    began = time.perf_counter()
    with HubServer(base) as server, server.open_session(root / "overlay", "bench") as session:
        started = time.perf_counter() - began
        port = int(session.endpoint.rpartition(":")[2])
        with other_server(folder) as (other, name):
            hub, theirs = _in_turn(port, other)
        _ask(port, "/api/models/labs/big", rounds=REQUESTS)
        _ask(port, "/api/models/labs/big/tree/main", rounds=REQUESTS)
        _ask(port, "/labs/big/resolve/main/config.json", "HEAD", REQUESTS)
    log = read_log(root / "overlay")
    figures = [Figure("start after import", started * 1000, "ms", 300)]
    for route, method in (("info", "GET"), ("tree", "GET"), ("resolve", "HEAD")):
        times = [record.milliseconds for record in log if (record.route, record.method) == (route, method)]
        figures.append(Figure(f"{route}, server time", statistics.median(times), "ms", 1))
    ratio = statistics.median(mine / its for mine, its in zip(hub, theirs, strict=True))
    return [
        *figures,
        Figure("100 MB from the Hub", statistics.median(hub) * 1000, "ms"),
        Figure(f"100 MB from {name}", statistics.median(theirs) * 1000, "ms"),
        Figure(f"Hub / {name}, pair by pair", ratio, "", 1.5),
    ]


def _in_turn(hub: int, other: int) -> tuple[list[float], list[float]]:
    """Download from both in turn, so that a slow moment of the machine meets both."""
    pairs = [(_ask(hub, "/labs/big/resolve/main/big.bin"), _ask(other, "/big.bin")) for _ in range(ROUNDS)]
    return [mine[0] for mine, _ in pairs], [its[0] for _, its in pairs]


def _ask(port: int, path: str, method: str = "GET", rounds: int = 1) -> list[float]:
    command = [sys.executable, "-c", CLIENT, str(port), path, method, str(rounds)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    return [float(line) for line in done.stdout.split()]


def _measure_upload(overlay: Path) -> Figure:
    """Push one file of 1 GB; returns how much memory the server grew by at most."""
    piece = b"\0" * 1024**2
    digest = hashlib.sha256()
    for _ in range(UPLOAD // len(piece)):
        digest.update(piece)
    row = {"oid": digest.hexdigest(), "size": UPLOAD}
    with subprocess.Popen(
        [sys.executable, "-c", SERVE, str(overlay)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        endpoint = process.stdout.readline().strip()
        server, before, most = psutil.Process(process.pid), 0, 0
        headers = {"Authorization": "Bearer hf_fixed"}
        with httpx2.Client(base_url=endpoint, headers=headers, trust_env=False, timeout=120) as http:
            http.post("/api/repos/create", json={"name": "mine"})
            batch = http.post("/ada/mine.git/info/lfs/objects/batch", json={"objects": [row]}).json()["objects"][0]
            before = server.memory_info().rss

            def pieces() -> Iterator[bytes]:
                nonlocal most
                for _ in range(UPLOAD // len(piece)):
                    most = max(most, server.memory_info().rss)
                    yield piece

            length = {"Content-Length": str(UPLOAD)}
            http.put(batch["actions"]["upload"]["href"], content=pieces(), headers=length).raise_for_status()
        process.kill()
    return Figure("memory grown by a push of 1 GB", (max(most, before) - before) / 1024**2, "MiB", 32)


@contextmanager
def other_server(folder: Path) -> Iterator[tuple[int, str]]:
    """Serve a folder with nginx where it is installed, else with nothing but sendfile."""
    if shutil.which("nginx"):
        with _nginx(folder) as port:
            yield port, "nginx"
    else:
        with _plain_sendfile(folder) as port:
            yield port, "plain sendfile"


@contextmanager
def _nginx(folder: Path) -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    config = folder.parent / "nginx.conf"
    user = "user root; " if os.getuid() == 0 else ""  # its workers must be able to read this folder
    config.write_text(
        f"{user}daemon off; pid {folder.parent}/nginx.pid; events {{}} http {{ sendfile on; access_log off; "
        f"server {{ listen 127.0.0.1:{port}; root {folder}; }} }}"
    )
    with subprocess.Popen(["nginx", "-c", config, "-e", folder.parent / "nginx.log"]) as process:
        try:
            deadline = time.monotonic() + 10
            while time.monotonic() < deadline:
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                    break
                time.sleep(0.05)
            yield port
        finally:
            process.terminate()


@contextmanager
def _plain_sendfile(folder: Path) -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                with connection, (folder / "big.bin").open("rb") as file:
                    connection.recv(65536)
                    connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % SIZE)
                    sent = 0
                    while sent < SIZE:
                        sent += os.sendfile(connection.fileno(), file.fileno(), sent, SIZE - sent)

        threading.Thread(target=serve, daemon=True).start()
        try:
            yield listening.getsockname()[1]
        finally:
            listening.shutdown(socket.SHUT_RDWR)
