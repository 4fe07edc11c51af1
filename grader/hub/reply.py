"""What goes back to a client: a reply, or a refusal with the headers that clients look at."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec


@dataclass(frozen=True)
class FileSlice:
    """A part of a blob, sent without reading it into memory."""

    path: Path
    start: int
    length: int


@dataclass(frozen=True)
class Reply:
    """What goes back to the client."""

    status: int = 200
    body: bytes | FileSlice = b""
    headers: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def length(self) -> int:
        """Bytes of the body."""
        return self.body.length if isinstance(self.body, FileSlice) else len(self.body)


class Refusal(Exception):
    """The request is not answered as asked: a clean 4xx (or a redirect) with the headers that the clients look at."""

    def __init__(
        self, status: int, message: str, code: str | None = None, headers: Mapping[str, str] | None = None, **body: Any
    ) -> None:
        """Describe the refusal.

        Args:
            status: HTTP status.
            message: what happened, for a person; also sent as X-Error-Message.
            code: X-Error-Code, by which the clients choose their exception.
            headers: more headers.
            body: more entries of the JSON body.
        """
        super().__init__(status, message)
        self.status = status
        self.message = message
        self.code = code
        self.headers = dict(headers or {})
        self.body = {"error": message, **body}

    def reply(self) -> Reply:
        """Write the refusal as a reply."""
        headers = {"X-Error-Message": header_text(self.message), **self.headers}
        if self.code:
            headers["X-Error-Code"] = self.code
        return json_reply(self.body, self.status, headers)


def json_reply(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    """Make a JSON reply."""
    return Reply(
        status, msgspec.json.encode(value), {"Content-Type": "application/json; charset=utf-8", **(headers or {})}
    )


def header_text(text: str) -> str:
    """Make a text fit into a header: one line of Latin-1."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line.encode("latin-1", "replace").decode("latin-1")[:500]
