from pathlib import Path

import pytest

from grader.hub.server import HubServer, HubSession
from grader.hub.state import Quota
from tests.fakes.hub_http import Client, put
from tests.fakes.hub_repos import one_repo


def make(client: Client, **payload: object) -> int:
    return client.post("/api/repos/create", json=payload).status_code


def test_a_new_repository_is_in_the_users_namespace(ada: Client):
    reply = ada.post("/api/repos/create", json={"name": "mine"})

    assert reply.json()["url"] == f"{ada.session.endpoint}/ada/mine"
    info = ada.get("/api/models/ada/mine").json()
    assert [row["rfilename"] for row in info["siblings"]] == [".gitattributes"]
    assert info["createdAt"] == "2025-05-06T07:08:09.010Z"


def test_creating_twice_tells_the_address(ada: Client):
    ada.create("mine")
    reply = ada.post("/api/repos/create", json={"name": "mine", "organization": "ada"})

    assert (reply.status_code, reply.json()["url"]) == (409, f"{ada.session.endpoint}/ada/mine")


@pytest.mark.parametrize(
    ("payload", "status"),
    [
        ({}, 400),
        ({"name": 5}, 400),
        ({"name": "a/b/c"}, 400),
        ({"name": "x", "type": "kernel"}, 400),
        ({"name": "..", "organization": "ada"}, 400),
        ({"name": "x", "organization": "google-bert"}, 403),
        ({"name": "x", "organization": "bob"}, 403),
    ],
)
def test_what_cannot_be_created_is_refused(ada: Client, payload: dict[str, object], status: int):
    assert ada.post("/api/repos/create", json=payload).status_code == status


def test_a_stranger_creates_nothing(stranger: Client):
    assert make(stranger, name="x") == 401


def test_a_run_may_create_so_many(open_hub, connect, tight: Quota):
    client = connect(open_hub(quota=tight))

    assert [make(client, name=f"r{n}") for n in range(4)] == [200, 200, 200, 403]


def test_a_deleted_repository_is_gone_and_its_name_free(ada: Client):
    repo = ada.create("mine")
    ada.push(f"models/{repo}", a__txt=b"a")

    assert ada("DELETE", "/api/repos/delete", json={"name": "mine", "organization": "ada"}).status_code == 200
    assert ada.get(f"/{repo}/resolve/main/a.txt").status_code == 404
    assert ada("DELETE", "/api/repos/delete", json={"name": "mine"}).status_code == 404
    ada.create("mine")
    assert ada.get(f"/{repo}/resolve/main/a.txt").headers["x-error-code"] == "EntryNotFound"


def test_only_the_owner_deletes(bob: Client, ada: Client):
    ada.create("mine")

    assert bob("DELETE", "/api/repos/delete", json={"name": "ada/mine"}).status_code == 403


def move(client: Client, source: object, target: str, kind: str = "model") -> int:
    return client.post("/api/repos/move", json={"fromRepo": source, "toRepo": target, "type": kind}).status_code


def test_a_moved_repository_is_redirected_with_its_query(ada: Client):
    ada.push(f"models/{ada.create('old')}", a__txt=b"a")

    assert move(ada, "ada/old", "ada/new") == 200
    reply = ada.get("/api/models/ada/old/tree/main?recursive=true")
    assert (reply.status_code, reply.headers["location"]) == (307, "/api/models/ada/new/tree/main?recursive=true")
    assert ada.get("/ada/old/resolve/main/a.txt").headers["location"] == "/ada/new/resolve/main/a.txt"
    assert move(ada, "ada/old", "ada/third") == 404
    assert ada("DELETE", "/api/repos/delete", json={"name": "ada/old"}).status_code == 404
    assert ada.create("old") == "ada/old"


@pytest.mark.parametrize(
    ("source", "target", "kind", "status"),
    [
        ("ada/mine", "ada/mine", "model", 409),
        ("ada/mine", "ada/other", "model", 409),
        ("ada/mine", "bob/mine", "model", 403),
        ("google-bert/none", "ada/x", "model", 404),
        ("labs/french-bert", "ada/x", "model", 403),
        ("ada/mine", "../x", "model", 400),
        ("ada/mine", "ada/x", "kernel", 400),
        (5, "ada/x", "model", 400),
    ],
)
def test_what_cannot_be_moved_stays(ada: Client, source: object, target: str, kind: str, status: int):
    ada.create("mine")
    ada.create("other")

    assert move(ada, source, target, kind) == status


def test_an_alias_is_redirected_and_a_bare_unknown_name_is_not(connect, tmp_path: Path):
    base = one_repo(tmp_path, {"config.json": "{}"}, alias="one")
    with HubServer(base) as server, server.open_session(tmp_path / "o", "ada") as session:
        client = connect(session)
        assert client.get("/api/models/one").headers["location"] == "/api/models/labs/one"
        assert client.get("/one/resolve/main/one").headers["location"] == "/labs/one/resolve/main/one"
        assert client.get("/api/models/two").status_code == 404
        assert client.get("/api/models/%6Fne").status_code == 404


def settings(client: Client, repo: str, payload: object) -> int:
    return client("PUT", f"/api/models/{repo}/settings", json=payload).status_code


def test_settings_change_visibility_and_gate(ada: Client, bob: Client):
    repo = ada.create("mine")

    assert settings(ada, repo, {"private": True}) == 200
    assert bob.get(f"/api/models/{repo}").status_code == 404
    assert settings(ada, repo, {"visibility": "public", "gated": "auto"}) == 200
    assert bob.get(f"/api/models/{repo}").json()["gated"] == "auto"
    assert settings(ada, repo, {"gated": False}) == 200
    assert bob.get(f"/api/models/{repo}").json()["gated"] is False
    assert settings(ada, repo, {"gated": "sometimes"}) == 400
    assert settings(ada, repo, []) == 200
    assert settings(bob, repo, {"private": True}) == 403


def test_branches_come_and_go(ada: Client):
    repo = f"/api/models/{ada.create('mine')}"

    assert ada.post(f"{repo}/branch/dev", json={}).status_code == 200
    assert ada.post(f"{repo}/branch/dev").status_code == 409
    assert ada.post(f"{repo}/branch/x", json={"startingPoint": "none"}).headers["x-error-code"] == "RevisionNotFound"
    assert ada("DELETE", f"{repo}/branch/dev").status_code == 200
    assert ada("DELETE", f"{repo}/branch/dev").headers["x-error-code"] == "RevisionNotFound"
    assert ada("DELETE", f"{repo}/branch/main").status_code == 403


@pytest.mark.parametrize("name", ["a..b", "refs%2Fpr%2F9", "-a", "a%2F", "a.lock", "a%00", "a%20b", "%2E", "a//b", "é"])
def test_an_odd_name_is_no_branch(ada: Client, name: str):
    repo = f"/api/models/{ada.create('mine')}"

    assert ada.post(f"{repo}/branch/{name}", json={}).status_code == 400
    assert [row["name"] for row in ada.get(f"{repo}/refs").json()["branches"]] == ["main"]


def test_tags_come_and_go(ada: Client):
    repo = f"/api/models/{ada.create('mine')}"

    assert ada.post(f"{repo}/tag/main", json={"tag": "v1"}).status_code == 200
    assert ada.post(f"{repo}/tag/main", json={"tag": "v1"}).status_code == 409
    assert ada.post(f"{repo}/tag/none", json={"tag": "v2"}).headers["x-error-code"] == "RevisionNotFound"
    assert ada.post(f"{repo}/tag/main", json={"tag": "a b"}).status_code == 400
    assert ada("DELETE", f"{repo}/tag/v1").status_code == 200
    assert ada("DELETE", f"{repo}/tag/v1").headers["x-error-code"] == "RevisionNotFound"


def test_a_squashed_branch_forgets_what_no_ref_needs(ada: Client):
    repo = ada.create("mine")
    first = ada.push(f"models/{repo}", a__txt=b"1")
    kept = ada.push(f"models/{repo}", a__txt=b"2")
    ada.post(f"/api/models/{repo}/tag/{kept}", json={"tag": "keep"})
    lost = ada.push(f"models/{repo}", a__txt=b"3")

    assert ada.post(f"/api/models/{repo}/super-squash/main", json={"message": "One"}).status_code == 200
    assert [row["title"] for row in ada.get(f"/api/models/{repo}/commits/main").json()] == ["One"]
    assert ada.get(f"/{repo}/resolve/main/a.txt").text == "3"
    assert ada.get(f"/{repo}/resolve/{first}/a.txt").text == "1"
    assert ada.get(f"/{repo}/resolve/{lost}/a.txt").headers["x-error-code"] == "RevisionNotFound"
    assert ada.post(f"/api/models/{repo}/super-squash/none", json={}).status_code == 404


def test_access_is_asked_for_granted_and_taken_away(ada: Client, bob: Client, stranger: Client):
    repo = ada.create("mine")
    access = f"/api/models/{repo}/user-access-request"
    assert bob.post(f"/{repo}/ask-access").status_code == 400
    assert ada.post(f"{access}/grant", json={"user": "bob"}).status_code == 400
    settings(ada, repo, {"gated": "manual"})

    assert stranger.post(f"/{repo}/ask-access").status_code == 401
    assert bob.post(f"/api/models/{repo}/ask-access").status_code == 200
    assert [row["user"]["user"] for row in ada.get(f"{access}/pending").json()] == ["bob"]
    assert bob.get(f"{access}/pending").status_code == 403
    assert ada.post(f"{access}/handle", json={"user": "bob", "status": "accepted"}).status_code == 200
    assert bob.get(f"/api/models/{repo}/auth-check").status_code == 200
    assert bob.get(f"/api/models/{repo}/auth-check/write").status_code == 403
    assert ada.post(f"{access}/handle", json={"requestId": "bob", "status": "accepted"}).status_code == 404
    assert ada.post(f"{access}/grant", json={"user": "bob"}).status_code == 400
    assert ada.post(f"{access}/handle", json={"user": "bob", "status": "cancelled"}).status_code == 400
    assert ada.post(f"{access}/grant", json={"user": "nobody"}).status_code == 404


def test_the_owner_stays_the_owner_of_a_private_repository(ada: Client, bob: Client, session: HubSession):
    repo = ada.create("mine", private=True)
    ada.commit(f"models/{repo}", put("a.txt", b"a"))

    assert ada.get(f"/{repo}/resolve/main/a.txt").text == "a"
    assert bob.get(f"/{repo}/resolve/main/a.txt").headers["x-error-code"] == "RepoNotFound"
    assert session.usage().repos == 1
