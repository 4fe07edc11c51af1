"""The store: a read-only base below one writable overlay, both plain folders of immutable files and small records."""

import threading
from collections import defaultdict
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from grader.hub.blobs import BlobStore
from grader.hub.facts import Facts, read_facts
from grader.hub.repo import REPO_TYPES, Commit, Repo, RepoType
from grader.model.files import read_json, write_json

Key = tuple[RepoType, str]


def _no_charge(_written: int) -> None:
    """The base is not metered."""


class Layer:
    """One folder: `blobs/`, `commits/`, `facts/` by content, and `repos/<type>/<ns>/<name>.json`, replaced by rename.

    What is on disk is readable after each step, so a process that is killed leaves at most a partial file behind, and
    a copy of the folder is a snapshot.
    """

    def __init__(self, folder: Path, charge: Callable[[int], None] = _no_charge) -> None:
        """Read the records of a folder.

        Args:
            folder: may be missing or empty.
            charge: told how many bytes are about to be written; raises to refuse them.
        """
        self.folder = folder
        self.blobs = BlobStore(folder, charge)
        self._charge = charge
        self._commits: dict[str, Commit] = {}
        self.facts: dict[str, Facts] = {}
        self.repos: dict[Key, Repo] = dict(_records(folder))

    def open_for_writing(self) -> None:
        """Create the folders that writing needs."""
        for name in ("commits", "facts", "repos"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        self.blobs.open_for_writing()

    def save_repo(self, repo: Repo) -> None:
        """Replace the record of a repository."""
        path = self.folder / "repos" / repo.repo_type / f"{repo.repo_id}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        self._write(path, repo)
        self.repos[repo.repo_type, repo.repo_id] = repo

    def save_commit(self, commit: Commit) -> None:
        """Add a commit; one that is there already is the same one."""
        path = self._commit_path(commit.oid)
        if not path.exists():
            self._write(path, commit)
        self._commits[commit.oid] = commit

    def commit(self, oid: str) -> Commit | None:
        """Return a commit of this layer, or None."""
        if oid not in self._commits:
            path = self._commit_path(oid)
            if not path.is_file():
                return None
            self._commits[oid] = read_json(path, Commit)
        return self._commits[oid]

    def save_facts(self, oid: str, facts: Facts) -> None:
        """Keep the facts of a commit on disk, so that the first search does not have to derive them."""
        write_json(self.folder / "facts" / f"{oid}.json", facts)
        self.facts[oid] = facts

    def known_facts(self, oid: str) -> Facts | None:
        """Return the facts of a commit when they were kept."""
        if oid not in self.facts:
            path = self.folder / "facts" / f"{oid}.json"
            if not path.is_file():
                return None
            self.facts[oid] = read_json(path, Facts)
        return self.facts[oid]

    def _commit_path(self, oid: str) -> Path:
        return self.folder / "commits" / f"{oid}.json"

    def _write(self, path: Path, value: object) -> None:
        self._charge(len(msgspec.json.encode(value)))
        write_json(path, value)


def _records(folder: Path) -> Iterator[tuple[Key, Repo]]:
    for repo_type in REPO_TYPES:
        for path in sorted((folder / "repos" / repo_type).glob("*/*.json")):
            repo = read_json(path, Repo)
            yield (repo.repo_type, repo.repo_id), repo


class Store:
    """What one session sees: its own overlay first, then the base."""

    def __init__(self, overlay: Layer, base: Layer | None = None) -> None:
        """Lay one layer over another.

        Args:
            overlay: takes every write.
            base: never written to; may be shared by many stores.
        """
        self.overlay = overlay
        self.base = base
        self._layers = (overlay,) if base is None else (overlay, base)
        self._locks: defaultdict[Key, threading.Lock] = defaultdict(threading.Lock)
        self._locks_guard = threading.Lock()

    @contextmanager
    def lock(self, repo_type: RepoType, repo_id: str) -> Generator[None]:
        """Hold the right to change one repository."""
        with self._locks_guard:
            lock = self._locks[repo_type, repo_id]
        with lock:
            yield

    def repo(self, repo_type: RepoType, repo_id: str) -> Repo | None:
        """Return the record of a repository; one that has moved away still has its record, with `moved_to`."""
        for layer in self._layers:
            repo = layer.repos.get((repo_type, repo_id))
            if repo is not None:
                return None if repo.deleted else repo
        return None

    def repos(self, repo_type: RepoType) -> list[Repo]:
        """Return every repository of a type, in the order of their ids."""
        merged: dict[str, Repo] = {}
        for layer in reversed(self._layers):
            merged.update({repo_id: repo for (kind, repo_id), repo in list(layer.repos.items()) if kind == repo_type})
        return [
            merged[repo_id] for repo_id in sorted(merged) if not (merged[repo_id].deleted or merged[repo_id].moved_to)
        ]

    def aliased(self, repo_type: RepoType, name: str) -> str | None:
        """Return the full id that a bare name stands for, or None."""
        return next((repo.repo_id for repo in self.repos(repo_type) if repo.alias == name), None)

    def commit(self, oid: str) -> Commit:
        """Return a commit by its id.

        Raises:
            KeyError: no layer holds it.
        """
        for layer in self._layers:
            commit = layer.commit(oid)
            if commit is not None:
                return commit
        raise KeyError(oid)

    def blob(self, sha256: str) -> Path:
        """Return the file that holds a blob.

        Raises:
            KeyError: no layer holds it.
        """
        for layer in self._layers:
            if layer.blobs.has(sha256):
                return layer.blobs.path(sha256)
        raise KeyError(sha256)

    def facts(self, repo: Repo, commit: Commit) -> Facts:
        """Return what follows from the files of a commit, derived at most once."""
        for layer in self._layers:
            known = layer.known_facts(commit.oid)
            if known is not None:
                return known
        facts = read_facts(repo, commit, self.blob)
        self.overlay.facts[commit.oid] = facts
        return facts

    def save_repo(self, repo: Repo) -> None:
        """Replace the record of a repository in the overlay."""
        self.overlay.save_repo(repo)
