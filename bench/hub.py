"""`python -m bench.hub`: the Hub's own time per request, and 100 MB of it against nginx (or plain sendfile)."""

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
from pathlib import Path

from rich.console import Console
from rich.table import Table

from grader.hub.base import base_of
from grader.hub.repo import MiniatureRepo, RepoMeta
from grader.hub.requestlog import read_log
from grader.hub.server import HubServer

SIZE = 100 * 1024**2
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


def ask(port: int, path: str, method: str = "GET", rounds: int = ROUNDS) -> float:
    """Median seconds of a request."""
    command = [sys.executable, "-c", CLIENT, str(port), path, method, str(rounds)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return statistics.median(map(float, done.stdout.split()))


@contextmanager
def nginx(folder: Path) -> Iterator[int]:
    """Serve a folder with nginx and its usual sendfile."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    config = folder.parent / "nginx.conf"
    config.write_text(
        f"daemon off; pid {folder.parent}/nginx.pid; events {{}} http {{ sendfile on; access_log off; "
        f"server {{ listen 127.0.0.1:{port}; root {folder}; }} }}"
    )
    with subprocess.Popen(["nginx", "-c", config, "-e", folder.parent / "nginx.log"]) as process:
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                time.sleep(0.05)
        yield port
        process.terminate()


@contextmanager
def plain_sendfile(folder: Path) -> Iterator[int]:
    """Serve big.bin with nothing but sendfile: what a machine without nginx is compared with."""
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
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory(prefix="bench-hub-") as name:
        root = Path(name)
        folder = root / "files"
        folder.mkdir()
        (folder / "big.bin").write_bytes(os.urandom(SIZE))
        (folder / "config.json").write_text('{"model_type": "bert", "architectures": ["BertForMaskedLM"]}')
        base = base_of([MiniatureRepo("model", "labs/big", folder, RepoMeta())], root / "cache", lambda _: None)
        began = time.perf_counter()
        with HubServer(base) as server, server.open_session(root / "overlay", "bench") as session:
            started = time.perf_counter() - began
            port = int(session.endpoint.rpartition(":")[2])
            hub = ask(port, "/labs/big/resolve/main/big.bin")
            ask(port, "/api/models/labs/big", rounds=REQUESTS)
            ask(port, "/api/models/labs/big/tree/main", rounds=REQUESTS)
            ask(port, "/labs/big/resolve/main/config.json", "HEAD", REQUESTS)
        reference = "nginx" if shutil.which("nginx") else "plain sendfile (no nginx here)"
        with (nginx if shutil.which("nginx") else plain_sendfile)(folder) as other:
            theirs = ask(other, "/big.bin")
        table = Table("What", "Median", "Wanted")
        table.add_row("start", f"{started * 1000:.1f} ms", "300 ms")
        for route, method in (("info", "GET"), ("tree", "GET"), ("resolve", "HEAD")):
            times = [r.milliseconds for r in read_log(root / "overlay") if (r.route, r.method) == (route, method)]
            table.add_row(f"{route}, server time", f"{statistics.median(times):.2f} ms", "1 ms")
        table.add_row("100 MB from the Hub", f"{hub * 1000:.0f} ms", "")
        table.add_row(f"100 MB from {reference}", f"{theirs * 1000:.0f} ms", "")
        table.add_row("ratio", f"{hub / theirs:.2f}", "1.5")
        Console().print(table)


if __name__ == "__main__":
    main()
