"""A client of the Hub that sends exactly what a test says."""

import base64
import contextlib
import hashlib
import json
import socket
import time
from collections.abc import Callable
from typing import Any

import httpx2

from grader.hub.server import HubSession


class Client:
    """Speaks HTTP with one session as one user."""

    def __init__(self, session: HubSession, user: str | None) -> None:
        token = session.tokens[user] if user else None
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self.session = session
        self.http = httpx2.Client(base_url=session.endpoint, headers=headers, trust_env=False, timeout=20)

    def __call__(self, method: str, path: str, **arguments: Any) -> httpx2.Response:
        return self.http.request(method, path, **arguments)

    def get(self, path: str, **arguments: Any) -> httpx2.Response:
        return self("GET", path, **arguments)

    def post(self, path: str, **arguments: Any) -> httpx2.Response:
        return self("POST", path, **arguments)

    def create(self, name: str, **payload: Any) -> str:
        """Create a repository of the session's user."""
        reply = self.post("/api/repos/create", json={"name": name, "type": "model"} | payload)
        assert reply.status_code == 200, reply.text
        return f"{self.session.user}/{name}"

    def commit(
        self, repo: str, *operations: dict[str, Any], revision: str = "main", query: str = "", **header: Any
    ) -> httpx2.Response:
        """Commit operations to a repository (`models/ns/name`)."""
        lines = [{"key": "header", "value": {"summary": "Change", "description": ""} | header}, *operations]
        body = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
        return self.post(f"/api/{repo}/commit/{revision}{query}", content=body)

    def push(self, repo: str, **files: bytes) -> str:
        """Commit regular files; `a__txt` stands for `a.txt`.

        Returns:
            The id of the commit.
        """
        reply = self.commit(repo, *(put(name.replace("__", "."), content) for name, content in files.items()))
        assert reply.status_code == 200, reply.text
        return reply.json()["commitOid"]

    def batch(self, repo: str, content: bytes, **changes: Any) -> dict[str, Any]:
        """Ask for an upload link.

        Returns:
            The one object of the answer.
        """
        announced = {"oid": hashlib.sha256(content).hexdigest(), "size": len(content)} | changes
        reply = self.post(f"/{repo}.git/info/lfs/objects/batch", json={"operation": "upload", "objects": [announced]})
        assert reply.status_code == 200, reply.text
        return reply.json()["objects"][0]

    def upload(self, repo: str, content: bytes) -> str:
        """Upload an LFS object.

        Returns:
            Its sha256.
        """
        row = self.batch(repo, content)
        if "actions" in row:
            reply = httpx2.put(row["actions"]["upload"]["href"], content=content, trust_env=False)
            assert reply.status_code == 200, reply.text
        return row["oid"]


def put(path: str, content: bytes) -> dict[str, Any]:
    """The operation that adds a regular file."""
    return {"key": "file", "value": {"path": path, "content": base64.b64encode(content).decode(), "encoding": "base64"}}


def put_lfs(path: str, oid: str, **more: Any) -> dict[str, Any]:
    """The operation that adds an uploaded LFS object."""
    return {"key": "lfsFile", "value": {"path": path, "algo": "sha256", "oid": oid} | more}


def delete(path: str, kind: str = "deletedFile") -> dict[str, Any]:
    """The operation that deletes a file or a folder."""
    return {"key": kind, "value": {"path": path}}


def raw_socket(session: HubSession) -> socket.socket:
    """A bare connection to a session."""
    host, _, port = session.endpoint.removeprefix("http://").partition(":")
    return socket.create_connection((host, int(port)), timeout=10)


def eventually(condition: Callable[[], bool]) -> bool:
    """Wait for something that the server does in its own time, 10 seconds at most."""
    end = time.monotonic() + 10
    while time.monotonic() < end:
        with contextlib.suppress(httpx2.TransportError):
            if condition():
                return True
        time.sleep(0.01)
    return False
