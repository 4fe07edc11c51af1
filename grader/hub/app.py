"""The ASGI application of one session: token, quota, route, body, handler, reply, log."""

import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers

from grader.errors import InternalFault
from grader.hub.body import Body, GoneError, parse_form, parse_json
from grader.hub.http import Call
from grader.hub.reply import FileSlice, Refusal, Reply
from grader.hub.requestlog import TEXT, RequestLog, RequestRecord
from grader.hub.routes import QUICK, Match, Route, match
from grader.hub.state import State

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
PIECE_BYTES = 1 << 20
_FAILURES = logging.getLogger(__name__)


class HubApp:
    """Answers the requests of one session."""

    def __init__(self, state: State, log: RequestLog) -> None:
        """Serve a state and log what is asked of it."""
        self._state = state
        self._log = log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request (ASGI)."""
        began = time.perf_counter()
        call = self._call(scope)
        body = Body(receive, self._state.meter.quota.idle_seconds, call.headers)
        found = match(call.method, call.raw_path)
        name = found.route.name if isinstance(found, Match) else _unknown(call)
        try:
            reply = await self._answer(call, body, found)
            if not body.done and not await body.drain():
                reply = Reply(reply.status, reply.body, {**reply.headers, "Connection": "close"})
            await _send(send, reply, call.method)
        except (GoneError, ConnectionError):
            reply = Reply(499)
        finally:
            if call.upload is not None:
                call.upload.discard()  # as a blob it has another name by now
        self._write_log(call, name, reply, body.received, began)

    def _call(self, scope: Scope) -> Call:
        headers = Headers(scope=scope)
        raw_path, raw_query = scope["raw_path"].decode("latin-1"), scope["query_string"].decode("latin-1")
        query = parse_qs(raw_query, keep_blank_values=True, max_num_fields=None)
        return Call(self._state, scope["method"], {}, query, headers, None, raw_path, raw_query)

    async def _answer(self, call: Call, body: Body, found: Match | tuple[str, ...]) -> Reply:
        try:
            self._state.meter.request()
            call.user = self._user(call)
            if not isinstance(found, Match):
                raise _no_route(call, found)
            call.params = found.params
            await _read_body(call, body, found.route)
            if found.route.name in QUICK and "expand" not in call.query:
                return found.route.handler(call)
            return await run_in_threadpool(found.route.handler, call)
        except Refusal as refusal:
            return refusal.reply()
        except InternalFault as fault:
            return Refusal(507, fault.message).reply()
        except UnicodeError:
            return Refusal(400, "The request holds text that is not UTF-8.").reply()
        except (GoneError, ConnectionError):
            raise
        except Exception:
            _FAILURES.exception("%s %s", call.method, call.raw_path)
            return Refusal(500, "The lab hub failed on this request; its log says why.").reply()

    def _user(self, call: Call) -> str | None:
        scheme, _, token = call.headers.get("authorization", "").partition(" ")
        if not scheme:
            return None
        user = self._state.users.get(token.strip()) if scheme.lower() == "bearer" else None
        if user is None:
            raise Refusal(401, "Invalid credentials in Authorization header")
        return user

    def _write_log(self, call: Call, route: str, reply: Reply, received: int, began: float) -> None:
        sent = 0 if call.method == "HEAD" else reply.length
        self._state.meter.reply(reply.status, sent)
        self._log.append(
            RequestRecord(
                at=self._state.now(),
                method=call.method[:TEXT],
                path=call.raw_path[:TEXT],
                query=call.raw_query[:TEXT],
                route=route,
                status=reply.status,
                user=call.user,
                received=received,
                sent=sent,
                milliseconds=round((time.perf_counter() - began) * 1000, 3),
                range=call.headers.get("range", "")[:TEXT] or None,
                agent=call.headers.get("user-agent", "")[:TEXT],
                notes={key: value[:TEXT] if isinstance(value, str) else value for key, value in call.notes.items()},
            )
        )


async def _read_body(call: Call, body: Body, route: Route) -> None:
    if route.body == "json":
        call.data = parse_json(await body.small())
    elif route.body == "form":
        call.data = parse_form(await body.small(), call.headers.get("content-type", ""))
    elif route.admit is not None:
        limit = await run_in_threadpool(route.admit, call)
        call.upload = call.state.store.overlay.blobs.incoming()
        await body.to_file(call.upload, limit)
        await run_in_threadpool(call.upload.finish)


def _unknown(call: Call) -> str:
    return "outside" if call.method == "CONNECT" or not call.raw_path.startswith("/") else "unsupported"


def _no_route(call: Call, allowed: tuple[str, ...]) -> Refusal:
    """Refuse without an X-Error-Code: the clients must not take a missing route for a missing repository."""
    if _unknown(call) == "outside":
        return Refusal(403, "This lab has no internet: only its own Hub can be reached.")
    if allowed:
        return Refusal(405, f"{call.method[:20]} is not supported here.", headers={"Allow": ", ".join(allowed)})
    return Refusal(404, f"{call.method[:20]} {call.raw_path[:100]} is not supported by the lab hub.")


async def _send(send: Send, reply: Reply, method: str) -> None:
    headers = {"Content-Length": str(reply.length), "Server": "lab-hub", **reply.headers}
    if reply.status == 304:
        del headers["Content-Length"]
    raw = [(name.lower().encode("latin-1"), value.encode("latin-1", "replace")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": reply.status, "headers": raw})
    if method == "HEAD" or reply.status == 304:
        await send({"type": "http.response.body", "body": b""})
    elif isinstance(reply.body, FileSlice):
        await _send_file(send, reply.body)
    else:
        await send({"type": "http.response.body", "body": reply.body})


async def _send_file(send: Send, part: FileSlice) -> None:
    file = await run_in_threadpool(part.path.open, "rb")
    try:
        file.seek(part.start)
        left = part.length
        while left > 0:
            piece = await run_in_threadpool(file.read, min(PIECE_BYTES, left))
            left -= len(piece) or left
            await send({"type": "http.response.body", "body": piece, "more_body": left > 0})
    finally:
        file.close()
    if part.length == 0:
        await send({"type": "http.response.body", "body": b""})
