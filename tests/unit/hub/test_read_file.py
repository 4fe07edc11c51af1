from urllib.parse import quote

import pytest

from tests.fakes.hub_http import Client, put, put_lfs

CARD = "/labs/french-bert/resolve/main/README.md"


@pytest.fixture
def lfs(ada: Client) -> tuple[str, bytes]:
    """The address and the content of an LFS file."""
    repo, content = ada.create("big"), bytes(range(256)) * 8
    ada.commit(f"models/{repo}", put_lfs("w.safetensors", ada.upload(repo, content)))
    return f"/{repo}/resolve/main/w.safetensors", content


def test_a_regular_file_is_named_by_git(ada: Client):
    reply = ada.get(CARD)

    assert reply.status_code == 200
    assert (
        reply.headers["etag"] == f'"{ada.get("/api/models/labs/french-bert?blobs=1").json()["siblings"][0]["blobId"]}"'
    )
    assert len(reply.headers["x-repo-commit"]) == 40
    assert reply.headers["accept-ranges"] == "bytes"
    assert reply.headers["content-type"].startswith("text/plain")
    assert "x-linked-etag" not in reply.headers


def test_an_lfs_file_is_named_by_its_sha256_and_never_redirected(ada: Client, lfs: tuple[str, bytes]):
    address, content = lfs
    reply = ada.get(address)

    assert (reply.status_code, reply.content) == (200, content)
    assert reply.headers["x-linked-etag"] == reply.headers["etag"]
    assert reply.headers["x-linked-size"] == str(len(content))
    assert not any(name.startswith("x-xet") for name in reply.headers)


def test_head_tells_the_length_and_sends_nothing(ada: Client, lfs: tuple[str, bytes]):
    reply = ada("HEAD", lfs[0])

    assert (reply.status_code, reply.content) == (200, b"")
    assert reply.headers["content-length"] == str(len(lfs[1]))


@pytest.mark.parametrize(
    ("span", "start", "stop"),
    [
        ("bytes=0-9", 0, 10),
        ("bytes=100-", 100, 2048),
        ("bytes=-8", 2040, 2048),
        ("bytes=0-99999", 0, 2048),
        ("bytes=-99999", 0, 2048),
    ],
)
def test_a_range_is_a_part(ada: Client, lfs: tuple[str, bytes], span: str, start: int, stop: int):
    reply = ada.get(lfs[0], headers={"Range": span})

    assert reply.status_code == 206
    assert reply.content == lfs[1][start:stop]
    assert reply.headers["content-range"] == f"bytes {start}-{stop - 1}/2048"


@pytest.mark.parametrize("span", ["bytes=2048-", "bytes=5000-6000", "bytes=-0", "bytes=9-3"])
def test_a_range_behind_the_end_is_refused(ada: Client, lfs: tuple[str, bytes], span: str):
    reply = ada.get(lfs[0], headers={"Range": span})

    assert (reply.status_code, reply.headers["content-range"]) == (416, "bytes */2048")


@pytest.mark.parametrize("span", ["bytes=-", "lines=1-2", "bytes=0-1,5-6", "bytes=a-b"])
def test_a_range_that_is_none_gives_the_whole_file(ada: Client, lfs: tuple[str, bytes], span: str):
    assert ada.get(lfs[0], headers={"Range": span}).content == lfs[1]


def test_if_range_wants_the_same_file(ada: Client, lfs: tuple[str, bytes]):
    tag = ada("HEAD", lfs[0]).headers["etag"]

    assert ada.get(lfs[0], headers={"Range": "bytes=0-1", "If-Range": tag}).status_code == 206
    assert ada.get(lfs[0], headers={"Range": "bytes=0-1", "If-Range": '"other"'}).status_code == 200


def test_a_known_file_is_not_sent_again(ada: Client):
    tag = ada.get(CARD).headers["etag"]

    for wanted in (tag, f'"x", W/{tag}', "*"):
        reply = ada.get(CARD, headers={"If-None-Match": wanted})
        assert (reply.status_code, reply.content) == (304, b"")
        assert reply.headers["etag"] == tag
    assert ada.get(CARD, headers={"If-None-Match": '"x"'}).status_code == 200


def test_a_missing_file_names_the_commit_so_that_its_absence_can_be_cached(ada: Client):
    for word in ("resolve", "raw"):
        reply = ada.get(f"/labs/french-bert/{word}/main/no.json")
        assert (reply.status_code, reply.headers["x-error-code"]) == (404, "EntryNotFound")
    assert len(ada("HEAD", "/labs/french-bert/resolve/main/no.json").headers["x-repo-commit"]) == 40


def test_a_revision_may_hold_slashes_in_either_spelling(ada: Client):
    repo = ada.create("prs")
    ada.commit(f"models/{repo}", put("p.txt", b"p"), query="?create_pr=1")

    for revision in ("refs/pr/1", quote("refs/pr/1", safe="")):
        assert ada.get(f"/{repo}/resolve/{revision}/p.txt").content == b"p"


def test_datasets_and_spaces_have_their_prefix(ada: Client):
    assert ada.get("/datasets/labs/plain-csv/resolve/main/extra/more.jsonl").text.startswith('{"id": 1}')
    assert ada.get("/spaces/evaluate-metric/accuracy/resolve/main/accuracy.py").text.startswith("import datasets")


def test_raw_gives_the_pointer_of_an_lfs_file(ada: Client, lfs: tuple[str, bytes]):
    assert ada.get(lfs[0].replace("resolve", "raw")).text.startswith("version https://git-lfs")
    assert ada.get("/labs/french-bert/raw/main/config.json").json() == {"model_type": "bert"}


def test_pushed_html_is_shown_and_not_run(ada: Client):
    repo = ada.create("page")
    ada.commit(f"models/{repo}", put('x".html', b"<script>alert(1)</script>"))

    reply = ada.get(f"/{repo}/resolve/main/x%22.html")

    assert reply.headers["content-type"].startswith("text/plain")
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert reply.headers["content-disposition"] == "inline; filename*=UTF-8''x%22.html"


def test_an_empty_file_is_sent_as_one(ada: Client):
    repo = ada.create("empty")
    ada.push(f"models/{repo}", e__txt=b"")

    reply = ada.get(f"/{repo}/resolve/main/e.txt")
    assert (reply.status_code, reply.content) == (200, b"")


def test_a_gate_holds_files_back_and_shows_the_rest(ada: Client, stranger: Client):
    for client, status in ((ada, 403), (stranger, 401)):
        reply = client.get("/meta-llama/gated-manual/resolve/main/weights.bin")
        assert (reply.status_code, reply.headers["x-error-code"]) == (status, "GatedRepo")
        assert client.get("/api/models/meta-llama/gated-manual").json()["gated"] == "manual"
        assert client.get("/api/models/meta-llama/gated-manual/auth-check").status_code == status
