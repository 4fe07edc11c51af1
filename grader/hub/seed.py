"""Putting plain folders into a base, each as one commit that is the same on every machine."""

from dataclasses import replace
from pathlib import Path

from grader.hub.commits import Change, commit_on
from grader.hub.facts import read_facts
from grader.hub.files import git_oid, is_lfs, lfs_pointer, path_problem
from grader.hub.repo import FileEntry, Repo, RepoMeta, RepoType
from grader.hub.store import Store

SAMPLE_BYTES = 512


def seed_repo(store: Store, repo_type: RepoType, repo_id: str, folder: Path, meta: RepoMeta) -> Repo:
    """Put a folder into the overlay of a store as one repository with one commit.

    Author, date, title and order are fixed, so the same folder gives the same commit id everywhere.

    Args:
        store: takes the repository; a base that is being built is an overlay without a base.
        repo_type: what kind of repository it becomes.
        repo_id: `ns/name`.
        folder: its files; hidden folders and links are left out.
        meta: everything that does not follow from the files.

    Returns:
        The record.
    """
    namespace = repo_id.partition("/")[0]
    record = Repo(
        repo_type,
        repo_id,
        meta.created_at,
        private=meta.private,
        gated=meta.gated,
        downloads=meta.downloads,
        likes=meta.likes,
        trending_score=meta.trending_score,
        alias=meta.alias,
    )
    put = {path: _stored(store, path, folder / path) for path in folder_files(folder)}
    change = Change("Upload files", "", namespace, meta.last_modified, put)
    record, commit = commit_on(store, record, None, change)
    record = replace(record, branches={"main": commit.oid}, tags=dict.fromkeys(meta.tags, commit.oid))
    store.overlay.save_facts(commit.oid, read_facts(record, commit, store.blob))
    store.save_repo(record)
    return record


def folder_files(folder: Path) -> list[str]:
    """List the files of a folder that a repository can hold, as relative paths, in order."""
    paths = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    names = sorted(path.relative_to(folder).as_posix() for path in paths)
    return [name for name in names if path_problem(name) is None and not _in_hidden_folder(name)]


def _in_hidden_folder(name: str) -> bool:
    return any(part.startswith(".") for part in name.split("/")[:-1])


def _stored(store: Store, path: str, source: Path) -> FileEntry:
    with source.open("rb") as file:
        sample = file.read(SAMPLE_BYTES)
    sha256, size = store.overlay.blobs.add_file(source)
    if is_lfs(path, size, sample):
        return FileEntry(sha256, size, git_oid(lfs_pointer(sha256, size)), lfs=True)
    return FileEntry(sha256, size, git_oid(source.read_bytes()), lfs=False)
