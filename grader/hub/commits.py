"""Making commits: ids that follow from the content, and changes that are applied whole or not at all."""

import hashlib
from dataclasses import dataclass, field, replace

import msgspec

from grader.hub.repo import Commit, FileEntry, Repo
from grader.hub.store import Store


@dataclass(frozen=True)
class Change:
    """What one commit does to the files before it."""

    title: str
    message: str
    author: str
    date: str
    put: dict[str, FileEntry] = field(default_factory=dict[str, FileEntry])
    delete: frozenset[str] = frozenset()


def make_commit(repo: Repo, parents: tuple[str, ...], files: dict[str, FileEntry], change: Change) -> Commit:
    """Build a commit whose id follows from its content.

    The clients cache what a commit id stands for, for ever: the same id must never mean other files. The date is left
    out, so that a run that is replayed gets the same ids.

    Args:
        repo: where it belongs.
        parents: ids of the commits before it.
        files: every file after it.
        change: its words, author and date.

    Returns:
        The commit; nothing is stored yet.
    """
    files = dict(sorted(files.items()))
    content = [repo.repo_type, repo.repo_id, parents, change.title, change.message, change.author, files]
    oid = hashlib.sha1(msgspec.json.encode(content), usedforsecurity=False).hexdigest()
    return Commit(oid, parents, change.title, change.message, change.author, change.date, files)


def commit_on(store: Store, repo: Repo, parent: str | None, change: Change) -> tuple[Repo, Commit]:
    """Store a commit on top of another; the caller holds the lock and moves the branch.

    Args:
        store: takes the commit.
        repo: the record as it is.
        parent: id of the commit to build on; None for the first one.
        change: files to put and to delete.

    Returns:
        The record with the commit in its history, and the commit; the parent itself when nothing changes.
    """
    before = store.commit(parent).files if parent else {}
    after = {path: entry for path, entry in before.items() if path not in change.delete} | change.put
    if parent and after == before:
        return repo, store.commit(parent)
    commit = make_commit(repo, (parent,) if parent else (), after, change)
    store.overlay.save_commit(commit)
    history = repo.history if commit.oid in repo.history else (*repo.history, commit.oid)
    return replace(repo, history=history), commit


def resolve_revision(store: Store, repo: Repo, revision: str) -> Commit | None:
    """Find the commit that a revision means.

    Args:
        store: holds the commits.
        repo: whose revision it is.
        revision: a branch, a tag, `refs/heads/…`, `refs/tags/…`, `refs/pr/N`, or 7 or more first digits of a commit id.

    Returns:
        The commit, or None.
    """
    oid = (
        repo.branches.get(revision.removeprefix("refs/heads/"))
        or repo.tags.get(revision.removeprefix("refs/tags/"))
        or (repo.pulls.get(revision.removeprefix("refs/pr/")) if revision.startswith("refs/pr/") else None)
    )
    if oid is None and len(revision) >= 7:
        oid = next((known for known in repo.history if known.startswith(revision)), None)
    return store.commit(oid) if oid else None


def log_of(store: Store, head: Commit) -> list[Commit]:
    """Return a commit and everything before it, newest first."""
    commits = [head]
    while commits[-1].parents:
        commits.append(store.commit(commits[-1].parents[0]))
    return commits
