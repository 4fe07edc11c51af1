"""The one shape of the server: a handler takes a Call and returns a Reply, or refuses."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from grader.hub.blobs import Incoming
from grader.hub.reply import Refusal, Reply
from grader.hub.state import State

BodyKind = Literal["none", "json", "form", "file"]
"""How a route wants its request body: parsed (small), or as a file on disk (any size the quota allows)."""


@dataclass
class Call:
    """One request, parsed, with the session's state to answer it from."""

    state: State
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
