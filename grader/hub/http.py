"""The one shape of the server: a handler takes a Call and returns a Reply, or refuses."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from grader.hub.blobs import Incoming

if TYPE_CHECKING:
    from grader.hub.state import State

BodyKind = Literal["none", "json", "form", "file"]
"""How a route wants its request body: parsed (small), or as a file on disk (any size the quota allows)."""


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


@dataclass
class Call:
    """One request, parsed, with the session's state to answer it from."""

    state: "State"
    method: str
    params: dict[str, str]
    """Parts of the path, decoded."""
    query: dict[str, list[str]]
    headers: Mapping[str, str]
    user: str | None
    """Who the token belongs to; None without a token."""
    raw_path: str
    raw_query: str
    data: Any = None
    """The body of a `json` or `form` route."""
    upload: Incoming | None = None
    """The body of a `file` route."""
    notes: dict[str, Any] = field(default_factory=dict[str, Any])
    """What the handler wants to see in the request log."""

    def one(self, name: str, default: str = "") -> str:
        """Return the first value of a query parameter."""
        return self.query.get(name, [default])[0]

    def flag(self, name: str) -> bool:
        """Tell whether a query parameter is set to something true."""
        return self.one(name).lower() in ("true", "1")

    def number(self, name: str, default: int, maximum: int) -> int:
        """Return a query parameter as a number from 1 to `maximum`.

        Raises:
            Refusal: 400, it is not a number.
        """
        text = self.one(name)
        if not text:
            return default
        if not text.isascii() or not text.isdigit() or len(text) > 9:
            raise Refusal(400, f"{name} must be a positive number.")
        return max(1, min(int(text), maximum))

    def entry(self, name: str, kind: type[Any] = str, default: Any = None) -> Any:
        """Return an entry of a JSON body, checked.

        Args:
            name: of the entry.
            kind: type that it must have.
            default: for a missing or null entry; None makes the entry required.

        Raises:
            Refusal: 400, it is missing or of another type.
        """
        value = self.data.get(name) if isinstance(self.data, dict) else None
        if value is None and default is not None:
            return default
        if not isinstance(value, kind):
            raise Refusal(400, f'"{name}" must be a {kind.__name__}.')
        return value


Handler = Callable[[Call], Reply]


def json_reply(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    """Make a JSON reply."""
    return Reply(
        status, msgspec.json.encode(value), {"Content-Type": "application/json; charset=utf-8", **(headers or {})}
    )


def header_text(text: str) -> str:
    """Make a text fit into a header: one line of Latin-1."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line.encode("latin-1", "replace").decode("latin-1")[:500]
