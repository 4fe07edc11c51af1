import base64
import hashlib

import httpx2
import pytest

from grader.hub.files import REGULAR_BYTES, git_oid
from tests.fakes.hub_http import Client, delete, put, put_lfs


@pytest.fixture
def repo(ada: Client) -> str:
    return f"models/{ada.create('mine')}"


def announced(*files: tuple[str, int, bytes]) -> dict[str, object]:
    return {"files": [{"path": p, "size": s, "sample": base64.b64encode(b).decode()} for p, s, b in files]}


def test_preupload_sorts_files_and_knows_what_is_there(ada: Client, repo: str):
    commit = ada.push(repo, a__txt=b"a", _gitignore=b"")
    reply = ada.post(f"/api/{repo}/preupload/main", json=announced(("a.txt", 1, b"a"), ("w.bin", 9, b"\0")))

    assert reply.json() == {
        "files": [
            {"path": "a.txt", "uploadMode": "regular", "shouldIgnore": False, "oid": git_oid(b"a")},
            {"path": "w.bin", "uploadMode": "lfs", "shouldIgnore": False},
        ],
        "commitOid": commit,
    }


def test_a_gitignore_is_respected_wherever_it_comes_from(ada: Client, repo: str):
    asked = announced(("a.log", 1, b"a"))
    ask = f"/api/{repo}/preupload/main"
    assert ada.post(ask, json=asked | {"gitIgnore": "*.log"}).json()["files"][0]["shouldIgnore"] is True
    ada.commit(repo, put(".gitignore", b"*.log"))
    assert ada.post(ask, json=asked).json()["files"][0]["shouldIgnore"] is True
    ada.commit(repo, put(".gitignore", b"#" * 100_000))
    assert ada.post(ask, json=asked).json()["files"][0]["shouldIgnore"] is False


@pytest.mark.parametrize(
    ("payload", "status"),
    [
        ({}, 400),
        ({"files": "a"}, 400),
        ({"files": ["a"]}, 400),
        ({"files": [{"path": "a", "size": -1}]}, 400),
        ({"files": [{"path": "../a", "size": 1}]}, 400),
        ({"files": [{"path": "a", "size": 1, "sample": "%%%"}]}, 400),
        ({"files": [{"path": "a", "size": 1}]}, 200),
    ],
)
def test_a_preupload_is_checked(ada: Client, repo: str, payload: dict[str, object], status: int):
    assert ada.post(f"/api/{repo}/preupload/main", json=payload).status_code == status


def test_a_preupload_needs_a_revision(ada: Client, repo: str):
    assert ada.post(f"/api/{repo}/preupload/none", json=announced()).headers["x-error-code"] == "RevisionNotFound"


def test_an_object_is_uploaded_verified_and_never_asked_for_again(ada: Client, repo: str):
    content = b"\0" * 2_500_000
    row = ada.batch("ada/mine", content)
    actions = row["actions"]

    put_reply = httpx2.put(actions["upload"]["href"], content=content, trust_env=False)
    assert (put_reply.status_code, put_reply.headers["etag"]) == (200, f'"{row["oid"]}"')
    verified = {"oid": row["oid"], "size": len(content)}
    assert ada("POST", actions["verify"]["href"], json=verified).status_code == 200
    assert ada("POST", actions["verify"]["href"], json=verified | {"size": 1}).status_code == 404
    assert "actions" not in ada.batch("ada/mine", content)
    assert ada.commit(repo, put_lfs("w.bin", row["oid"], size=len(content))).status_code == 200


@pytest.mark.parametrize("content", [b"other!", b"short", b""])
def test_an_upload_that_is_not_what_was_announced_leaves_nothing(ada: Client, repo: str, content: bytes):
    row = ada.batch("ada/mine", b"honest")
    before = ada.session.usage().written_bytes

    assert httpx2.put(row["actions"]["upload"]["href"], content=content, trust_env=False).status_code == 400
    assert ada.session.usage().written_bytes == before
    assert ada.commit(repo, put_lfs("w.bin", row["oid"])).status_code == 400


def test_a_longer_upload_is_refused_before_it_is_read(ada: Client, repo: str):
    row = ada.batch("ada/mine", b"honest")

    reply = httpx2.put(row["actions"]["upload"]["href"], content=b"x" * 1000, trust_env=False)
    assert reply.status_code == 413


@pytest.mark.parametrize("change", ["size=7", "size=x", "signature=0", "size=%C2%B2"])
def test_an_upload_link_cannot_be_forged(ada: Client, repo: str, change: str):
    link = ada.batch("ada/mine", b"honest")["actions"]["upload"]["href"]
    name = change.partition("=")[0]
    forged = "&".join(change if part.startswith(name) else part for part in link.partition("?")[2].split("&"))

    assert httpx2.put(f"{link.partition('?')[0]}?{forged}", content=b"honest", trust_env=False).status_code == 403


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"objects": "x"},
        {"objects": [5]},
        {"objects": [{"oid": "short", "size": 1}]},
        {"objects": [{"oid": "0" * 64, "size": -1}]},
        {"objects": [], "operation": "download"},
    ],
)
def test_a_batch_is_checked(ada: Client, repo: str, payload: dict[str, object]):
    assert ada.post("/ada/mine.git/info/lfs/objects/batch", json=payload).status_code == 400


def test_a_batch_says_when_an_object_does_not_fit(ada: Client, repo: str):
    assert ada.batch("ada/mine", b"x", size=10**15)["error"]["code"] == 413


def test_what_the_base_holds_openly_needs_no_upload_and_what_it_guards_does(ada: Client, repo: str):
    guarded = hashlib.sha256(b"\0secret weights").hexdigest()
    row = ada.get("/api/datasets/stanfordnlp/imdb?blobs=true").json()["siblings"][-1]["lfs"]

    assert ada.commit(repo, put_lfs("open.parquet", row["sha256"])).status_code == 200
    assert ada.get("/ada/mine/resolve/main/open.parquet").headers["content-length"] == str(row["size"])
    assert ada.commit(repo, put_lfs("secret.bin", guarded)).status_code == 400
    assert "actions" in ada.batch("ada/mine", b"\0secret weights")


def test_a_commit_puts_and_deletes_at_once(ada: Client, repo: str):
    ada.commit(repo, put("a.txt", b"a"), put("d/b.txt", b"b"), put("d/c.txt", b"c"))
    reply = ada.commit(repo, put("e.txt", b"e"), delete("a.txt"), delete("d/", "deletedFolder"), description="more")

    assert reply.json()["commitUrl"].startswith(f"{ada.session.endpoint}/ada/mine/commit/")
    assert {row["path"] for row in ada.get(f"/api/{repo}/tree/main").json()} == {".gitattributes", "e.txt"}
    assert ada.get(f"/api/{repo}/commits/main").json()[0]["message"] == "more"


def test_a_commit_that_changes_nothing_is_the_one_before(ada: Client, repo: str):
    assert ada.push(repo, a__txt=b"a") == ada.push(repo, a__txt=b"a")
    assert ada.session.usage().refused == 0


def test_text_may_come_as_text(ada: Client, repo: str):
    ada.commit(repo, {"key": "file", "value": {"path": "t.txt", "content": "héllo"}})

    assert ada.get("/ada/mine/resolve/main/t.txt").text == "héllo"


def test_a_stale_parent_is_refused(ada: Client, repo: str):
    first = ada.push(repo, a__txt=b"1")
    ada.push(repo, a__txt=b"2")

    assert ada.commit(repo, put("b", b"b"), parentCommit=first).status_code == 412
    head = ada.get(f"/api/{repo}").json()["sha"]
    assert ada.commit(repo, put("b", b"b"), parentCommit=head[:8]).status_code == 200


@pytest.mark.parametrize(
    ("operation", "status", "code"),
    [
        (delete("none.txt"), 404, "EntryNotFound"),
        (delete("none", "deletedFolder"), 404, "EntryNotFound"),
        (put("../x", b""), 400, None),
        (put(".gitattributes/x", b""), 400, None),
        ({"key": "file", "value": {"path": "x", "content": "%%%", "encoding": "base64"}}, 400, None),
        ({"key": "file", "value": {"path": "x", "content": "x", "encoding": "rot13"}}, 400, None),
        ({"key": "file", "value": {"path": "x"}}, 400, None),
        ({"key": "file", "value": {}}, 400, None),
        ({"key": "lfsFile", "value": {"path": "x"}}, 400, None),
        (put_lfs("x", "0" * 64), 400, None),
        (put_lfs("x", "zz"), 400, None),
        ({"key": "rename", "value": {"path": "x"}}, 400, None),
        ({"key": "header", "value": {"summary": "again"}}, 400, None),
        (put("README.md", b"---\ntags: {a: b}\n---\n"), 400, None),
    ],
)
def test_a_bad_operation_changes_nothing(ada: Client, repo: str, operation: dict[str, object], status: int, code: str):
    head = ada.get(f"/api/{repo}").json()["sha"]
    reply = ada.commit(repo, put("good.txt", b"good"), operation)

    assert (reply.status_code, reply.headers.get("x-error-code")) == (status, code)
    assert ada.get(f"/api/{repo}").json()["sha"] == head


def test_a_path_appears_once(ada: Client, repo: str):
    assert ada.commit(repo, put("a", b"1"), put("a", b"2")).status_code == 400


@pytest.mark.parametrize(
    "header",
    [
        {"summary": ""},
        {"summary": 5},
        {"description": 5},
        {"parentCommit": "zzz"},
        {"parentCommit": 5},
        {"summary": "  "},
    ],
)
def test_a_header_is_checked(ada: Client, repo: str, header: dict[str, object]):
    assert ada.commit(repo, put("a", b"a"), **header).status_code == 400


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\n\n",
        b"not json\n",
        b"[]\n",
        b'{"key": "file"}\n',
        b'{"key": "file", "value": {"path": "a"}}\n',
        b"\xff\n",
    ],
)
def test_a_body_that_is_no_commit_is_refused(ada: Client, repo: str, body: bytes):
    assert ada.post(f"/api/{repo}/commit/main", content=body).status_code == 400


def test_a_regular_file_stays_small(ada: Client, repo: str):
    large = b"x" * (REGULAR_BYTES + 100)

    assert ada.commit(repo, put("a.txt", large)).status_code == 413
    assert ada.commit(repo, put("a.txt", b"x" * (REGULAR_BYTES * 2))).status_code == 413


def test_a_size_that_is_not_the_stored_one_is_refused(ada: Client, repo: str):
    assert ada.commit(repo, put_lfs("w.bin", ada.upload("ada/mine", b"\0abc"), size=99)).status_code == 400


def test_only_branches_and_pull_requests_are_committed_to(ada: Client, repo: str):
    head = ada.push(repo, a__txt=b"a")

    assert ada.commit(repo, put("b", b"b"), revision=head).status_code == 400
    assert ada.commit(repo, put("b", b"b"), revision="none").headers["x-error-code"] == "RevisionNotFound"
    assert ada.commit(repo, put("b", b"b"), revision="refs%2Fheads%2Fmain").status_code == 200


def test_a_pull_request_is_made_and_continued(ada: Client, repo: str):
    reply = ada.commit(repo, put("p", b"p"), query="?create_pr=1").json()

    assert reply["pullRequestUrl"] == f"{ada.session.endpoint}/ada/mine/discussions/1"
    assert ada.commit(repo, put("q", b"q"), revision="refs%2Fpr%2F1").json()["commitOid"] != reply["commitOid"]
    assert ada.commit(repo, put("q", b"q"), revision="refs%2Fpr%2F2").status_code == 404


def test_nobody_commits_for_another(ada: Client, bob: Client, stranger: Client, repo: str):
    assert bob.commit(repo, put("x", b"x")).status_code == 403
    assert stranger.commit(repo, put("x", b"x")).status_code == 401
    assert bob.post("/ada/mine.git/info/lfs/objects/batch", json={"objects": []}).status_code == 403


def test_a_replayed_session_gets_the_same_commit_ids(open_hub, connect):
    def replay(name: str) -> str:
        client = connect(open_hub(name))
        repo = f"models/{client.create('same')}"
        client.push(repo, a__txt=b"a")
        return client.push(repo, b__txt=b"b")

    assert replay("one") == replay("two")


@pytest.mark.parametrize(
    ("payload", "status", "key"),
    [
        ({"content": "---\nlicense: mit\n---\n", "repoType": "model"}, 200, None),
        ({"content": "# none"}, 200, "warnings"),
        ({"content": "---\nlicense: [5]\n---\n", "repoType": "dataset"}, 400, "errors"),
    ],
)
def test_metadata_is_validated_without_a_token(stranger: Client, payload: dict[str, str], status: int, key: str | None):
    reply = stranger.post("/api/validate-yaml", json=payload)

    assert reply.status_code == status
    assert {name: bool(rows) for name, rows in reply.json().items()} == {
        "errors": key == "errors",
        "warnings": key == "warnings",
    }


def test_validation_checks_what_it_is_given(stranger: Client):
    assert stranger.post("/api/validate-yaml", json={"content": 5}).status_code == 400
    assert stranger.post("/api/validate-yaml", json={"content": "", "repoType": "kernel"}).status_code == 400
