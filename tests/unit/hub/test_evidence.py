from pathlib import Path

import pytest

from grader.errors import SubmissionFault
from grader.hub import evidence as module
from grader.hub.evidence import HubEvidence
from tests.fakes.hub_http import Client, delete, put


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


def test_what_was_looked_at_is_known(seen: HubEvidence):
    assert seen.looked_at("labs/french-bert")
    assert not seen.looked_at("labs/german-bert")


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
