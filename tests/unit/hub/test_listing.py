import re
from urllib.parse import quote

import pytest

from tests.fakes.hub_http import Client


def ids(client: Client, query: str, kind: str = "models") -> list[str]:
    reply = client.get(f"/api/{kind}?{query}")
    assert reply.status_code == 200, reply.text
    return [row["id"] for row in reply.json()]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("search=BERT", {"labs/french-bert", "labs/german-bert"}),
        ("search=bert&search=french", {"labs/french-bert"}),
        ("author=OpenLab", {"openlab/sentiment-small", "openlab/no-metadata"}),
        ("filter=license:mit,fr", {"labs/french-bert"}),
        ("filter=fill-mask&filter=library:transformers", {"labs/french-bert", "labs/german-bert"}),
        ("pipeline_tag=fill-mask", {"labs/french-bert", "labs/german-bert"}),
        ("gated=true", {"meta-llama/gated-manual", "meta-llama/gated-auto"}),
        ("num_parameters=min:1", set()),
        ("inference=warm", set()),
        ("inference_provider=all", set()),
        ("apps=ollama", set()),
        ("search=nothing-like-this", set()),
    ],
)
def test_filters_choose(ada: Client, query: str, found: set[str]):
    assert set(ids(ada, query)) == found


def test_datasets_and_spaces_have_filters_of_their_own(ada: Client):
    assert ids(ada, "filter=task_categories:text-classification", "datasets") == ["stanfordnlp/imdb"]
    assert ids(ada, "filter=benchmark:official", "datasets") == []
    assert ids(ada, "linked=true", "spaces") == []
    assert ids(ada, "models=google-bert/bert-base-uncased", "spaces") == []


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("sort=downloads", "openlab/sentiment-small"),
        ("sort=likes", "labs/sentiment-large"),
        ("sort=createdAt", "meta-llama/gated-auto"),
        ("sort=lastModified", "labs/french-bert"),
        ("", "openlab/sentiment-small"),
    ],
)
def test_sorting_is_downwards(ada: Client, query: str, first: str):
    assert ids(ada, query)[0] == first


@pytest.mark.parametrize(
    "query",
    [
        "sort=size",
        "num_parameters=lots",
        "limit=-1",
        "limit=x",
        "cursor=%%%",
        "cursor=YWJj",
        "expand=secrets",
        "cursor=" + "MQ" * 20,
    ],
)
def test_what_cannot_be_understood_is_a_bad_request(ada: Client, query: str):
    assert ada.get(f"/api/models?{query}").status_code == 400


def test_pages_follow_each_other_by_link(ada: Client):
    seen, target = [], "/api/models?limit=2&search=a b&sort=downloads".replace(" ", quote(" "))
    target = "/api/models?limit=2&sort=downloads"
    while target:
        reply = ada.get(target)
        seen += [row["id"] for row in reply.json()]
        link = re.fullmatch(r'<(.*)>; rel="next"', reply.headers.get("link", ""))
        target = link.group(1) if link else ""

    assert seen == ids(ada, "sort=downloads")
    assert len(seen) == 7


def test_private_repositories_are_listed_to_their_owner_alone(ada: Client, bob: Client, stranger: Client):
    ada.create("hidden", visibility="private")

    assert ids(ada, "author=ada") == ["ada/hidden"]
    assert ids(bob, "author=ada") == []
    assert ids(stranger, "author=ada") == []


def test_rows_hold_what_was_asked_for(ada: Client):
    row = ada.get("/api/models?search=french").json()[0]
    assert {"id", "modelId", "likes", "downloads", "tags", "pipeline_tag", "createdAt", "private"} <= row.keys()
    assert "siblings" not in row

    full = ada.get("/api/models?search=french&full=true&cardData=true&config=true").json()[0]
    assert {"siblings", "sha", "lastModified", "cardData", "config"} <= full.keys()

    expanded = ada.get("/api/models?search=french&expand=tags&expand=sha").json()[0]
    assert expanded.keys() == {"_id", "id", "modelId", "tags", "sha"}


def test_parameters_can_be_bounded_on_both_sides(ada: Client):
    assert ids(ada, "num_parameters=min:1K,max:0.5B") == []
    assert ids(ada, "num_parameters=max:1T") == []


def test_every_property_can_be_expanded(ada: Client):
    from grader.hub.info import PROPERTIES

    for kind, repo_id in (
        ("model", "labs/french-bert"),
        ("dataset", "stanfordnlp/imdb"),
        ("space", "evaluate-metric/accuracy"),
    ):
        query = "&".join(f"expand={name}" for name in PROPERTIES[kind])
        row = ada.get(f"/api/{kind}s/{repo_id}?{query}").json()
        assert row["id"] == repo_id
        assert row["private"] is False
