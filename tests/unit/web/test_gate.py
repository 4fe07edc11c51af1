"""Who is let in, and what every answer says to the browser."""

import asyncio

import pytest

from grader.web.gate import COOKIE, POLICY, Gate, Keys, is_own_form

KEYS = Keys("the-token", "the-session")
HOST = "127.0.0.1:80"


async def inside(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"inside"})


def ask(path="/", method="GET", query="", **headers):
    """Send one request through the gate; returns status, headers and body."""
    sent = []

    async def send(message):
        sent.append(message)

    async def receive():
        return {"type": "http.request", "body": b""}

    given = {"host": HOST} | headers
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": query.encode(),
        "headers": [(name.encode(), value.encode()) for name, value in given.items()],
        "server": ("127.0.0.1", 80),
        "scheme": "http",
    }
    asyncio.run(Gate(inside, KEYS, frozenset({HOST}))(scope, receive, send))
    start = sent[0]
    return start["status"], {name.decode(): value.decode() for name, value in start["headers"]}, sent[-1]["body"]


WITH = {"cookie": f"{COOKIE}={KEYS.session}"}


def test_the_token_is_changed_for_a_cookie_that_scripts_cannot_read():
    status, headers, _ = ask(query="token=the-token", path="/labs/1")

    assert (status, headers["location"]) == (303, "/labs/1")
    assert headers["set-cookie"].startswith(f"{COOKIE}={KEYS.session};")
    assert {"HttpOnly", "SameSite=strict"} <= {part.strip() for part in headers["set-cookie"].split(";")}


@pytest.mark.parametrize(
    ("query", "headers"),
    [("", {}), ("token=wrong", {}), ("token=", WITH), ("", {"cookie": f"{COOKIE}=guess"}), ("", {"cookie": "a=b"})],
)
def test_nobody_else_is_let_in(query, headers):
    assert ask(query=query, **headers)[0] == 403


def test_the_cookie_lets_in():
    status, headers, body = ask(**WITH)

    assert (status, body) == (200, b"inside")
    assert headers["content-security-policy"] == POLICY
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"


def test_another_name_of_this_machine_is_not_answered():
    assert ask(host="evil.example:80", **WITH)[0] == 421


@pytest.mark.parametrize(
    ("origin", "status"),
    [("http://127.0.0.1:80", 200), ("http://evil.example", 403), ("null", 403), (None, 200)],
)
def test_a_form_of_another_site_is_refused(origin, status):
    headers = WITH if origin is None else WITH | {"origin": origin}

    assert ask(method="POST", **headers)[0] == status


def test_a_form_must_carry_what_only_our_pages_have():
    assert is_own_form(KEYS, KEYS.csrf)
    assert not is_own_form(KEYS, Keys().csrf)
    assert not is_own_form(KEYS, None)


def test_every_start_has_keys_of_its_own():
    assert Keys() != Keys()


def test_what_is_not_http_passes():
    seen = []

    async def app(scope, receive, send):
        seen.append(scope["type"])

    asyncio.run(Gate(app, KEYS, frozenset())({"type": "lifespan"}, None, None))
    assert seen == ["lifespan"]
