from pathlib import Path

import pytest

from grader.errors import SubmissionFault
from grader.hub import evidence as module
from grader.hub.evidence import HubEvidence
from tests.fakes.hub_http import Client, delete, put
from tests.fakes.hub_repos import GATED


@pytest.fixture
def seen(ada: Client, hub_base: Path, tmp_path: Path) -> HubEvidence:
    """A run that searches, reads, streams, pushes, moves, and asks for too much."""
    ada.get("/api/models?search=bert&filter=fr&filter=license:mit")
    ada.get("/api/datasets?sort=downloads")
    ada.get("/api/models?sort=nonsense")
    ada.get("/labs/french-bert/resolve/main/config.json")
    ada("HEAD", "/labs/french-bert/resolve/main/README.md")
    ada.get("/datasets/labs/plain-csv/resolve/main/train.csv", headers={"Range": "bytes=0-9"})
    ada.get("/labs/german-bert/resolve/main/none.json")
    repo = ada.create("mine")
    ada.commit(f"models/{repo}", put("a.txt", b"a"), put("b.txt", b"b"), summary="First", description="Words")
    ada.commit(f"models/{repo}", delete("a.txt"), summary="Second")
    ada.create("gone")
    ada("DELETE", "/api/repos/delete", json={"name": "gone"})
    ada.create("old", type="dataset")
    ada.post("/api/repos/move", json={"fromRepo": "ada/old", "toRepo": "ada/new", "type": "dataset"})
    ada.get("/api/collections")
    ada.session.close()
    return HubEvidence(tmp_path / "overlay", hub_base)


def test_searches_are_told_with_their_filters(seen: HubEvidence):
    first, second = seen.searches()

    assert (first.repo_type, first.results) == ("model", 1)
    assert first.query == {"search": ("bert",), "filter": ("fr", "license:mit")}
    assert second.repo_type == "dataset"


def test_downloads_are_told_and_streams_among_them(seen: HubEvidence):
    whole, part = seen.downloads()

    assert (whole.repo_id, whole.path, whole.streamed) == ("labs/french-bert", "config.json", False)
    assert (part.repo_id, part.sent_bytes, part.streamed) == ("datasets/labs/plain-csv", 10, True)
    assert seen.downloads("labs/french-bert") == (whole,)
    assert len(whole.revision) == 40


def test_the_files_of_a_pushed_repository_are_found_by_branch_and_tag(ada: Client, hub_base: Path, tmp_path: Path):
    repo = ada.create("model")
    ada.commit(f"models/{repo}", put("a.txt", b"old"))
    ada.post(f"/api/models/{repo}/tag/main", json={"tag": "v1"})
    ada.commit(f"models/{repo}", put("a.txt", b"new"), put("b.txt", b"more"))
    ada.create("table", type="dataset")
    found = HubEvidence(tmp_path / "overlay", hub_base)

    assert {path: blob.read_bytes() for path, blob in found.pushed("model").items() if path.endswith("txt")} == {
        "a.txt": b"new",
        "b.txt": b"more",
    }
    assert found.pushed("model", "v1")["a.txt"].read_bytes() == b"old"
    assert found.pushed("model", "v2") == found.pushed("table") == found.pushed("french-bert") == {}


def test_what_was_looked_at_is_known(seen: HubEvidence):
    assert seen.looked_at("labs/french-bert")
    assert not seen.looked_at("labs/german-bert")


def test_a_card_was_asked_for_when_it_was_sent_or_refused(ada: Client, hub_base: Path, tmp_path: Path):
    ada.get("/labs/french-bert/resolve/main/README.md")
    ada("HEAD", f"/{ada.create('cardless')}/resolve/main/README.md")
    ada("HEAD", f"/{GATED}/resolve/main/README.md")
    ada("HEAD", "/labs/german-bert/resolve/main/README.md")
    ada.get("/labs/sentiment-large/resolve/main/config.json")
    ada.get("/api/models/openlab/sentiment-small")
    ada.session.close()
    evidence = HubEvidence(tmp_path / "overlay", hub_base)

    assert all(evidence.card_asked(name) for name in ("labs/french-bert", "ada/cardless", GATED))
    assert not any(
        evidence.card_asked(name)
        for name in ("labs/german-bert", "labs/sentiment-large", "openlab/sentiment-small", "labs/none")
    )


def test_the_facts_of_a_repository_are_those_that_the_hub_tells(ada: Client, hub_base: Path, tmp_path: Path):
    told = ada.get("/api/models/labs/french-bert?blobs=true").json()
    seen = HubEvidence(tmp_path / "overlay", hub_base)
    facts = seen.profile("labs/french-bert")

    assert facts is not None
    assert (facts.revision, facts.head, facts.task) == (told["sha"], told["sha"], "fill-mask")
    assert (facts.downloads, facts.likes, facts.last_modified) == (500, 7, told["lastModified"])
    assert (facts.licenses, facts.languages, facts.author) == (("mit",), ("fr",), "labs")
    assert facts.files == {row["rfilename"]: row["size"] for row in told["siblings"]}
    assert (facts.model_type, facts.parameters, facts.weight_bytes, facts.has_card) == ("bert", None, 0, True)
    assert "labs/french-bert" in {profile.repo_id for profile in seen.profiles()}
    assert "# A card" in (seen.card("labs/french-bert") or "")


def test_an_id_or_revision_that_the_hub_does_not_have_has_no_facts(seen: HubEvidence):
    revision = seen.profile("labs/french-bert")
    assert revision is not None
    assert seen.profile("labs/french-bert", revision.revision) == revision
    for name, wanted in (
        ("labs/none", "main"),
        ("Labs/French-Bert", "main"),
        ("labs/german-bert", revision.revision),
        ("datasets/ada/old", "main"),
        ("ada/gone", "main"),
    ):
        assert seen.profile(name, wanted) is None
    assert seen.card("labs/none") is None
    pushed = seen.profile("ada/mine")
    assert pushed is not None
    assert set(pushed.files) == {".gitattributes", "b.txt"}
    assert not pushed.has_card
    assert seen.card("ada/mine") is None


def test_pushes_are_told_with_what_they_changed(seen: HubEvidence):
    first, second = seen.pushes()

    assert (first.repo_id, first.title, first.message, first.author) == ("ada/mine", "First", "Words", "ada")
    assert (first.changed, second.changed) == (("a.txt", "b.txt"), ("a.txt",))
    assert seen.pushes("ada/other") == ()


def test_the_store_is_read_as_the_run_left_it(seen: HubEvidence):
    assert {repo.repo_id for repo in seen.changed_repos()} == {"ada/mine", "ada/new"}
    assert set(seen.files("ada/mine")) == {".gitattributes", "b.txt"}
    assert seen.read("ada/mine", "b.txt") == b"b"
    assert [commit.title for commit in seen.history("ada/mine")] == ["Second", "First", "initial commit"]
    assert seen.repo("ada/gone") is None
    moved = seen.repo("datasets/ada/old")
    assert moved is not None
    assert moved.repo_id == "ada/new"
    assert seen.files("ada/mine", "dev") == {}
    assert seen.history("ada/none") == ()
    assert seen.read("labs/french-bert", "config.json") == b'{"model_type": "bert"}'


def test_what_was_not_pushed_is_said_so(seen: HubEvidence, monkeypatch: pytest.MonkeyPatch):
    with pytest.raises(SubmissionFault, match="GR314"):
        seen.read("ada/mine", "a.txt")
    monkeypatch.setattr(module, "MAX_READ", 0)
    with pytest.raises(SubmissionFault, match="GR315"):
        seen.read("ada/mine", "b.txt")


def test_what_the_hub_does_not_have_is_told(seen: HubEvidence):
    assert [record.path for record in seen.unsupported()] == ["/api/collections"]
    assert seen.outside() == ()


def test_a_run_without_requests_has_no_evidence(tmp_path: Path):
    assert HubEvidence(tmp_path).requests == ()
