from urllib.parse import quote

import pytest

from tests.fakes.hub_http import Client, put

IMDB = "/api/datasets/stanfordnlp/imdb"


def test_whoami_tells_the_user_of_the_token(ada: Client, bob: Client, stranger: Client):
    assert ada.get("/api/whoami-v2").json()["name"] == "ada"
    assert bob.get("/api/whoami-v2").json()["auth"]["accessToken"]["role"] == "write"
    assert stranger.get("/api/whoami-v2").status_code == 401


def test_info_is_the_same_at_the_branch_and_at_its_commit(ada: Client):
    info = ada.get("/api/models/labs/french-bert").json()

    for revision in ("main", info["sha"], info["sha"][:9], quote("refs/heads/main", safe="")):
        assert ada.get(f"/api/models/labs/french-bert/revision/{revision}").json() == info


def test_blobs_add_sizes_and_ids(ada: Client):
    rows = {row["rfilename"]: row for row in ada.get(f"{IMDB}?blobs=true").json()["siblings"]}

    parquet = rows["plain_text/test-00000-of-00001.parquet"]
    assert parquet["lfs"]["size"] == parquet["size"]
    assert "lfs" not in rows["README.md"]


@pytest.mark.parametrize(
    "path", ["models/no/thing", "models/thing", "datasets/labs/french-bert", "models/somebody/secret"]
)
def test_a_missing_repository_is_told_by_its_code(ada: Client, stranger: Client, path: str):
    for client, status in ((ada, 404), (stranger, 401)):
        reply = client.get(f"/api/{path}")
        assert (reply.status_code, reply.headers["x-error-code"]) == (status, "RepoNotFound")


def test_a_missing_revision_is_told_by_its_code(ada: Client):
    reply = ada.get("/api/models/labs/french-bert/revision/nope")

    assert (reply.status_code, reply.headers["x-error-code"]) == (404, "RevisionNotFound")


def test_a_folder_is_named_in_one_encoded_segment(ada: Client):
    repo = f"models/{ada.create('nested')}"
    ada.commit(repo, put("data/train/a.txt", b"a"), put("data/b.txt", b"b"))

    deep = ada.get(f"/api/{repo}/tree/main/{quote('data/train', safe='')}")
    assert [row["path"] for row in deep.json()] == ["data/train/a.txt"]
    assert [row["path"] for row in ada.get(f"/api/{repo}/tree/main/data").json()] == ["data/b.txt", "data/train"]
    assert len(deep.headers["x-repo-commit"]) == 40


def test_a_missing_folder_is_told_by_its_code(ada: Client):
    reply = ada.get("/api/models/labs/french-bert/tree/main/additional_chat_templates")

    assert (reply.status_code, reply.headers["x-error-code"]) == (404, "EntryNotFound")


def test_an_expanded_tree_comes_in_pages_and_names_commits(ada: Client):
    repo = f"models/{ada.create('many')}"
    ada.commit(repo, *(put(f"{n:02}.txt", b"%d" % n) for n in range(60)), summary="Sixty")

    reply = ada.get(f"/api/{repo}/tree/main?expand=true")
    assert len(reply.json()) == 50
    rest = ada.get(reply.headers["link"][1:].partition(">")[0])
    assert len(rest.json()) == 11
    assert rest.json()[0]["lastCommit"]["title"] == "Sixty"


def test_paths_info_takes_a_form_and_json(ada: Client):
    form = ada.post(f"{IMDB}/paths-info/main", data={"paths": ["README.md", "none"], "expand": "true"})
    json = ada.post(f"{IMDB}/paths-info/main", json={"paths": ["plain_text"]})

    assert [row["path"] for row in form.json()] == ["README.md"]
    assert form.json()[0]["lastCommit"]["title"] == "Upload files"
    assert [row["type"] for row in json.json()] == ["directory"]
    assert ada.post(f"{IMDB}/paths-info/main", json={"paths": 5}).status_code == 400
    assert ada.post(f"{IMDB}/paths-info/main", json=[]).status_code == 400
    assert ada.post(f"{IMDB}/paths-info/main", content=b"\xff\xfe").status_code == 400


def test_refs_leave_pull_requests_out_unless_asked(ada: Client):
    refs = ada.get("/api/models/labs/french-bert/refs").json()

    assert refs.keys() == {"branches", "tags", "converts"}
    assert ada.get("/api/models/labs/french-bert/refs?include_prs=1").json()["pullRequests"] == []


def test_a_history_comes_in_pages(ada: Client):
    repo = f"models/{ada.create('long')}"
    for number in range(3):
        ada.push(repo, a__txt=b"%d" % number)

    reply = ada.get(f"/api/{repo}/commits/main?limit=2&expand[]=formatted")
    assert [row["title"] for row in reply.json()] == ["Change", "Change"]
    assert reply.json()[0]["formatted"]["title"] == "Change"
    assert reply.json()[0]["authors"] == [{"user": "ada"}]
    assert reply.json()[0]["date"] == "2025-05-06T07:08:09.010Z"
    assert 'rel="next"' in reply.headers["link"]
    assert reply.headers["x-total-count"] == "4"


def test_tags_in_use_are_listed_by_kind(ada: Client):
    kinds = ada.get("/api/models-tags-by-type").json()

    assert {"id": "license:mit", "label": "mit", "type": "license"} in kinds["license"]
    assert "region" in ada.get("/api/datasets-tags-by-type").json()


def test_an_overview_counts_what_a_user_published(ada: Client):
    assert ada.get("/api/users/labs/overview").json()["numModels"] == 3
    assert ada.get("/api/users/ada/overview").json()["numModels"] == 0
    assert ada.get("/api/users/nobody/overview").status_code == 404


def test_nothing_is_known_of_harnesses(ada: Client):
    assert ada.get("/api/agent-harnesses").json() == {"standardEnvVars": [], "harnesses": []}


def test_a_safetensors_index_that_is_none_is_not_found(ada: Client):
    for name in ("config.json", "none.json"):
        reply = ada.get(f"/api/models/labs/french-bert/safetensors-metadata/{name}")
        assert (reply.status_code, reply.headers["x-error-code"]) == (404, "EntryNotFound")


def test_the_headers_of_all_shards_come_at_once(ada: Client):
    repo = f"models/{ada.create('shards')}"
    ada.commit(
        repo,
        put("i.json", b'{"metadata": {"a": 1}, "weight_map": {"w": "1.safetensors", "x": "none"}}'),
        put("1.safetensors", b"no"),
    )

    reply = ada.get(f"/api/{repo}/safetensors-metadata/i.json").json()

    assert reply == {"index": {"metadata": {"a": 1}}, "headers": {"1.safetensors": None}}
