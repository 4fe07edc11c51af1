import threading
from dataclasses import replace
from pathlib import Path

import pytest

from grader.hub.commits import Change, commit_on
from grader.hub.files import git_oid
from grader.hub.repo import FileEntry, Repo, RepoMeta
from grader.hub.seed import seed_repo
from grader.hub.store import Layer, Store

DATE = "2025-01-01T00:00:00.000Z"


def entry(store: Store, content: bytes) -> FileEntry:
    return FileEntry(store.overlay.blobs.add(content), len(content), git_oid(content), lfs=False)


def seed(store: Store, repo_id: str = "labs/one", **meta: str) -> Repo:
    folder = store.overlay.folder / "src"
    folder.mkdir(exist_ok=True)
    (folder / "a.txt").write_text("a")
    return seed_repo(store, "model", repo_id, folder, RepoMeta(**meta))


def new_layer(folder: Path) -> Layer:
    layer = Layer(folder)
    layer.open_for_writing()
    return layer


@pytest.fixture
def base(tmp_path: Path) -> Path:
    seed(Store(new_layer(tmp_path / "base")), alias="one")
    return tmp_path / "base"


@pytest.fixture
def store(tmp_path: Path, base: Path) -> Store:
    return Store(new_layer(tmp_path / "overlay"), Layer(base))


def test_the_base_shows_through_the_overlay(store: Store):
    repo = store.repo("model", "labs/one")

    assert repo is not None
    assert store.blob(store.commit(repo.branches["main"]).files["a.txt"].sha256).read_bytes() == b"a"
    assert [repo.repo_id for repo in store.repos("model")] == ["labs/one"]
    assert store.repos("dataset") == []


def test_a_write_lands_in_the_overlay_and_wins(store: Store, base: Path):
    repo = store.repo("model", "labs/one")
    assert repo is not None

    store.save_repo(replace(repo, likes=7))

    changed = store.repo("model", "labs/one")
    assert changed is not None
    assert changed.likes == 7
    assert Layer(base).repos["model", "labs/one"].likes == 0


def test_a_tombstone_hides_the_base(store: Store):
    store.save_repo(Repo("model", "labs/one", DATE, deleted=True))

    assert store.repo("model", "labs/one") is None
    assert store.repos("model") == []
    assert store.aliased("model", "one") is None


def test_a_bare_name_stands_for_its_repository(store: Store):
    assert store.aliased("model", "one") == "labs/one"
    assert store.aliased("model", "two") is None


def test_what_was_written_is_read_by_the_next_process(store: Store):
    repo = Repo("model", "ada/mine", DATE)
    repo, commit = commit_on(store, repo, None, Change("first", "", "ada", DATE, {"b.txt": entry(store, b"b")}))
    store.save_repo(replace(repo, branches={"main": commit.oid}))

    again = Store(Layer(store.overlay.folder))

    assert again.repo("model", "ada/mine") == store.repo("model", "ada/mine")
    assert again.commit(commit.oid) == commit


def test_missing_things_are_key_errors(store: Store):
    with pytest.raises(KeyError):
        store.commit("0" * 40)
    with pytest.raises(KeyError):
        store.blob("0" * 64)


def test_facts_are_derived_once_and_come_from_disk_when_they_were_kept(store: Store, base: Path):
    repo = store.repo("model", "labs/one")
    assert repo is not None
    commit = store.commit(repo.branches["main"])

    assert store.facts(repo, commit) is store.facts(repo, commit)
    assert store.overlay.facts == {}
    (base / "facts" / f"{commit.oid}.json").unlink()
    fresh = Store(store.overlay, Layer(base))
    assert fresh.facts(repo, commit) is fresh.facts(repo, commit)
    assert list(store.overlay.facts) == [commit.oid]


def test_saving_the_same_commit_twice_changes_nothing(store: Store):
    repo = Repo("model", "ada/mine", DATE)
    change = Change("first", "", "ada", DATE, {"b.txt": entry(store, b"b")})
    _, commit = commit_on(store, repo, None, change)
    before = (store.overlay.folder / "commits" / f"{commit.oid}.json").stat().st_mtime_ns

    store.overlay.save_commit(commit)

    assert (store.overlay.folder / "commits" / f"{commit.oid}.json").stat().st_mtime_ns == before


def test_one_writer_at_a_time_changes_a_repository(store: Store):
    inside, seen = threading.Event(), []

    def second() -> None:
        with store.lock("model", "ada/mine"):
            seen.append("second")

    with store.lock("model", "ada/mine"):
        thread = threading.Thread(target=second)
        thread.start()
        inside.wait(0.05)
        seen.append("first")
    thread.join()

    assert seen == ["first", "second"]
