from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.hub.commits import Change, commit_on, log_of, make_commit, resolve_revision
from grader.hub.repo import Commit, FileEntry, Repo
from grader.hub.store import Layer, Store

DATE = "2025-01-01T00:00:00.000Z"
REPO = Repo("model", "ada/mine", DATE)
ENTRY = FileEntry("a" * 64, 1, "b" * 40, lfs=False)


def change(title: str = "t", date: str = DATE, **files: FileEntry) -> Change:
    return Change(title, "", "ada", date, files)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    layer = Layer(tmp_path)
    layer.open_for_writing()
    return Store(layer)


@pytest.fixture
def history(store: Store) -> tuple[Repo, list[Commit]]:
    repo, first = commit_on(store, REPO, None, change("one", a=ENTRY))
    repo, second = commit_on(store, repo, first.oid, change("two", b=ENTRY))
    refs = {"branches": {"main": second.oid}, "tags": {"v1": first.oid}, "pulls": {"1": first.oid}}
    return replace(repo, **refs), [second, first]


@given(st.dictionaries(st.text(min_size=1), st.just(ENTRY)), st.text(), st.text())
def test_the_id_follows_from_the_content_but_not_from_the_date(files: dict[str, FileEntry], title: str, date: str):
    one = make_commit(REPO, (), files, change(title))

    assert len(one.oid) == 40
    assert make_commit(REPO, (), dict(reversed(files.items())), change(title, date)).oid == one.oid
    assert make_commit(REPO, (), files | {"more": ENTRY}, change(title + "x")).oid != one.oid
    assert make_commit(REPO, (one.oid,), files, change(title)).oid != one.oid
    assert make_commit(replace(REPO, repo_id="bob/mine"), (), files, change(title)).oid != one.oid


def test_a_commit_that_changes_nothing_is_its_parent(store: Store, history: tuple[Repo, list[Commit]]):
    repo, (second, _) = history

    same, commit = commit_on(store, repo, second.oid, change("nothing", a=ENTRY))

    assert (same, commit) == (repo, second)


def test_files_are_put_and_deleted_together(store: Store, history: tuple[Repo, list[Commit]]):
    repo, (second, _) = history

    _, commit = commit_on(store, repo, second.oid, Change("t", "", "ada", DATE, {"c": ENTRY}, frozenset(["a"])))

    assert set(commit.files) == {"b", "c"}


@pytest.mark.parametrize("revision", ["main", "refs/heads/main"])
def test_a_branch_is_resolved(store: Store, history: tuple[Repo, list[Commit]], revision: str):
    assert resolve_revision(store, history[0], revision) == history[1][0]


@pytest.mark.parametrize("revision", ["v1", "refs/tags/v1", "refs/pr/1"])
def test_tags_and_pull_requests_are_resolved(store: Store, history: tuple[Repo, list[Commit]], revision: str):
    assert resolve_revision(store, history[0], revision) == history[1][1]


def test_a_commit_is_found_by_its_first_seven_digits(store: Store, history: tuple[Repo, list[Commit]]):
    repo, (second, first) = history

    assert resolve_revision(store, repo, second.oid) == second
    assert resolve_revision(store, repo, first.oid[:7]) == first
    assert resolve_revision(store, repo, first.oid[:6]) is None
    assert resolve_revision(store, repo, "1") is None


def test_a_commit_of_another_repository_is_not_found(store: Store, history: tuple[Repo, list[Commit]]):
    assert resolve_revision(store, Repo("model", "bob/x", DATE), history[1][0].oid) is None


def test_a_history_is_newest_first(store: Store, history: tuple[Repo, list[Commit]]):
    assert log_of(store, history[1][0]) == history[1]
