"""A Hub in a process of its own: killed in the middle of an upload, and given more than fits into memory."""

import contextlib
import hashlib
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx2
import psutil

from grader.hub.requestlog import read_log
from grader.hub.store import Layer, Store
from tests.fakes.hub_http import eventually, put

ROOT = Path(__file__).parents[2]
SERVE = """
import sys, time
from pathlib import Path
from grader.hub.server import HubServer
with HubServer(None) as server:
    session = server.open_session(Path(sys.argv[1]), "ada", tokens={"ada": "hf_fixed"})
    print(session.endpoint, flush=True)
    time.sleep(600)
"""


def serving(overlay: Path) -> tuple[subprocess.Popen[str], str]:
    process = subprocess.Popen([sys.executable, "-c", SERVE, str(overlay)], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert process.stdout is not None
    return process, process.stdout.readline().strip()


def test_a_server_killed_during_an_upload_leaves_a_readable_store(tmp_path: Path):
    overlay = tmp_path / "overlay"
    process, endpoint = serving(overlay)
    headers = {"Authorization": "Bearer hf_fixed"}
    with httpx2.Client(base_url=endpoint, headers=headers, trust_env=False) as http:
        http.post("/api/repos/create", json={"name": "mine"})
        header = {"key": "header", "value": {"summary": "kept"}}
        body = b"".join(json.dumps(line).encode() + b"\n" for line in (header, put("kept.txt", b"kept")))
        kept = http.post("/api/models/ada/mine/commit/main", content=body).json()["commitOid"]
        content = b"x" * 8_000_000
        row = {"oid": hashlib.sha256(content).hexdigest(), "size": len(content)}
        batch = http.post("/ada/mine.git/info/lfs/objects/batch", json={"objects": [row]}).json()["objects"][0]

        def half() -> Iterator[bytes]:
            yield content[:4_000_000]
            assert eventually(lambda: any(path.stat().st_size > 1_000_000 for path in (overlay / "uploads").iterdir()))
            process.send_signal(signal.SIGKILL)
            yield content[4_000_000:]

        with contextlib.suppress(httpx2.TransportError):
            http.put(batch["actions"]["upload"]["href"], content=half(), headers={"Content-Length": str(len(content))})
    assert process.wait(10) == -signal.SIGKILL
    process.communicate()

    store = Store(Layer(overlay))
    repo = store.repo("model", "ada/mine")
    assert repo is not None
    assert repo.branches["main"] == kept
    assert store.blob(store.commit(kept).files["kept.txt"].sha256).read_bytes() == b"kept"
    assert not store.overlay.blobs.has(row["oid"])
    assert [record.route for record in read_log(overlay)] == ["create-repo", "commit", "lfs-batch"]
    again, endpoint = serving(overlay)
    assert httpx2.get(f"{endpoint}/ada/mine/resolve/main/kept.txt", trust_env=False).text == "kept"
    assert list((overlay / "uploads").iterdir()) == []
    again.kill()
    again.communicate()


def test_a_large_upload_does_not_grow_the_server(tmp_path: Path):
    process, endpoint = serving(tmp_path / "overlay")
    size, piece = 400 * 1024**2, b"\0" * 1024**2
    digest = hashlib.sha256()
    for _ in range(size // len(piece)):
        digest.update(piece)
    headers = {"Authorization": "Bearer hf_fixed"}
    with httpx2.Client(base_url=endpoint, headers=headers, trust_env=False, timeout=120) as http:
        http.post("/api/repos/create", json={"name": "mine"})
        before = psutil.Process(process.pid).memory_info().rss
        objects = [{"oid": digest.hexdigest(), "size": size}]
        batch = http.post("/ada/mine.git/info/lfs/objects/batch", json={"objects": objects}).json()["objects"][0]
        sent = http.put(
            batch["actions"]["upload"]["href"],
            content=(piece for _ in range(size // len(piece))),
            headers={"Content-Length": str(size)},
        )
        assert sent.status_code == 200
    grown = psutil.Process(process.pid).memory_info().rss - before
    process.kill()
    process.communicate()

    assert grown < 40 * 1024**2
