"""Lets in who knows the token, from this machine's own pages, and says so to the browser in every answer."""

import hmac
import secrets
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection, Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE = "grader-session"
FORM_FIELD = "csrf"
#: Everything that a page of ours needs, and nothing else; a report brings its own, stricter one as well.
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "frame-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",  # with none at all a browser names no origin of its forms either
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


@dataclass(frozen=True)
class Keys:
    """What one start of the server lets in by."""

    token: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    """In the address that the instructor opens."""
    session: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    """In the cookie that the browser keeps instead."""

    @property
    def csrf(self) -> str:
        """What every form carries: no other site can know it."""
        return hmac.new(self.session.encode(), b"form", "sha256").hexdigest()


class Gate:
    """ASGI middleware around the application."""

    def __init__(self, app: ASGIApp, keys: Keys, hosts: frozenset[str]) -> None:
        """Guard an application.

        Args:
            app: the application.
            keys: what to let in by.
            hosts: values of `Host` that are this server; any other is a name that somebody pointed at this machine.
        """
        self._app = app
        self._keys = keys
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or let it through."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers[name] = value
                headers.setdefault("Content-Security-Policy", POLICY)
            await send(message)

        refused = self._refusal(Request(scope))
        await (refused or self._app)(scope, receive, send_guarded)

    def _refusal(self, request: Request) -> Response | None:
        if request.headers.get("host", "") not in self._hosts:
            return PlainTextResponse("This is not the address of this server.", 421)
        offered = request.query_params.get("token")
        if offered is not None and request.method == "GET":
            return self._welcome(request, offered)
        if not self._knows(request):
            return PlainTextResponse("Open the address that `grader serve` printed: it holds the token.", 403)
        if request.method not in {"GET", "HEAD"} and not self._is_own(request):
            return PlainTextResponse("This form came from another site.", 403)
        return None

    def _welcome(self, request: Request, offered: str) -> Response:
        if not hmac.compare_digest(offered.encode(), self._keys.token.encode()):
            return PlainTextResponse("This token is not the one of this server.", 403)
        answer = RedirectResponse(request.url.path, 303)
        answer.set_cookie(COOKIE, self._keys.session, httponly=True, samesite="strict")
        return answer

    def _knows(self, request: HTTPConnection) -> bool:
        return hmac.compare_digest(request.cookies.get(COOKIE, "").encode(), self._keys.session.encode())

    def _is_own(self, request: Request) -> bool:
        """A browser names the origin of every form; one of ours is from the host that it is sent to."""
        origin = request.headers.get("origin")
        return origin is None or urlsplit(origin).netloc == request.headers.get("host")


def is_own_form(keys: Keys, offered: object) -> bool:
    """Tell whether a form carries the value that only our pages have.

    Args:
        keys: of this server.
        offered: the form's field `csrf`.
    """
    return isinstance(offered, str) and hmac.compare_digest(offered.encode(), keys.csrf.encode())
