"""What a run did on its Hub, as the Hub itself saw it: searches, downloads, streams, pushes.

A check grades from this and not from what the notebook says about itself: log and store lie outside the sandbox.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import parse_qs

from grader.errors import SubmissionFault
from grader.hub.base import split_id
from grader.hub.commits import log_of, resolve_revision
from grader.hub.info import subject_of
from grader.hub.profile import Profile, profile_of
from grader.hub.repo import Commit, FileEntry, Repo, RepoType
from grader.hub.requestlog import RequestRecord, read_log
from grader.hub.store import Layer, Store

MAX_READ = 64 * 1024**2


@dataclass(frozen=True)
class Search:
    """One listing that was asked for."""

    repo_type: str
    query: dict[str, tuple[str, ...]]
    """Parameter -> values: `search`, `filter`, `author`, `pipeline_tag`, `sort`, `limit` and the rest."""
    results: int


@dataclass(frozen=True)
class Download:
    """One file, or one part of it, that was sent."""

    repo_id: str
    """That of a dataset is written `datasets/ns/name`."""
    revision: str
    """The commit."""
    path: str
    sent_bytes: int
    streamed: bool
    """A part was asked for by Range."""


@dataclass(frozen=True)
class Push:
    """One commit that the run made."""

    repo_id: str
    commit: str
    title: str
    message: str
    date: str
    author: str
    changed: tuple[str, ...]
    """Paths that were put or deleted."""


class HubEvidence:
    """Answers a check's questions about one run."""

    def __init__(self, overlay: Path, base: Path | None = None) -> None:
        """Open the evidence of a run.

        Args:
            overlay: the session's folder, closed or still in use.
            base: what lay below it.
        """
        self._overlay = overlay
        self._store = Store(Layer(overlay), Layer(base) if base else None)

    @cached_property
    def requests(self) -> tuple[RequestRecord, ...]:
        """Everything that was asked, in order."""
        return tuple(read_log(self._overlay))

    def searches(self) -> tuple[Search, ...]:
        """Every listing that was answered."""
        found = [record for record in self.requests if record.route == "search" and record.status == 200]
        return tuple(
            Search(
                record.path.rpartition("/")[2].removesuffix("s"),
                {name: tuple(values) for name, values in parse_qs(record.query).items()},
                int(record.notes.get("results", 0)),
            )
            for record in found
        )

    def downloads(self, repo_id: str | None = None) -> tuple[Download, ...]:
        """Every answer that held bytes of a file.

        Args:
            repo_id: only of this repository.
        """
        found = [
            Download(
                _id_of(record),
                str(record.notes["revision"]),
                str(record.notes["path"]),
                record.sent,
                streamed=record.status == 206,
            )
            for record in self.requests
            if record.route == "resolve" and record.method == "GET" and record.status in (200, 206)
        ]
        return tuple(download for download in found if repo_id in (None, download.repo_id))

    def looked_at(self, repo_id: str) -> bool:
        """Tell whether the run asked for the info, the files or the card of a repository."""
        routes = ("info", "tree", "resolve", "paths-info")
        return any(
            _id_of(record) == repo_id and record.status < 400 for record in self.requests if record.route in routes
        )

    def card_asked(self, repo_id: str) -> bool:
        """Tell whether the run read the card of a repository, or asked for it and was told that it cannot have it."""
        return any(
            _id_of(record) == repo_id and record.path.endswith("/README.md")
            for record in self.requests
            if record.route == "resolve"
            and (record.status in (401, 403, 404) or (record.method == "GET" and record.status in (200, 206)))
        )

    def pushes(self, repo_id: str | None = None) -> tuple[Push, ...]:
        """Every commit on a branch that the run made, oldest first; the automatic first commit is left out.

        Args:
            repo_id: only to this repository.
        """
        found: list[Push] = []
        for repo in self.changed_repos():
            for oid in repo.history:
                commit = self._store.commit(oid)
                if commit.parents and (repo_id in (None, _full_id(repo))):
                    found.append(self._push(repo, commit))
        return tuple(sorted(found, key=lambda push: push.date))

    def _push(self, repo: Repo, commit: Commit) -> Push:
        before = self._store.commit(commit.parents[0]).files
        changed = {path for path, _ in before.items() ^ commit.files.items()} if before != commit.files else set[str]()
        return Push(
            _full_id(repo), commit.oid, commit.title, commit.message, commit.date, commit.author, tuple(sorted(changed))
        )

    def changed_repos(self) -> tuple[Repo, ...]:
        """Every repository that the run made or changed, and that still exists."""
        repos = self._store.overlay.repos.values()
        return tuple(repo for repo in repos if not (repo.deleted or repo.moved_to))

    def unsupported(self) -> tuple[RequestRecord, ...]:
        """Requests for what this Hub does not have: a lab should not need them."""
        return tuple(record for record in self.requests if record.route == "unsupported")

    def outside(self) -> tuple[RequestRecord, ...]:
        """Calls to other hosts that ended here."""
        return tuple(record for record in self.requests if record.route == "outside")

    def repo(self, repo_id: str) -> Repo | None:
        """Return the record of a repository as the run left it, or None."""
        repo = self._store.repo(*split_id(repo_id))
        return self._store.repo(repo.repo_type, repo.moved_to) if repo and repo.moved_to else repo

    def profile(self, repo_id: str, revision: str = "main") -> Profile | None:
        """Return the facts of a repository, served or pushed.

        Args:
            repo_id: exactly as it is written on the Hub: no bare name, no other case, no id that it once had.
            revision: a branch, a tag, or 7 or more first digits of a commit of this repository.

        Returns:
            The facts; None when the Hub has no such repository or it has no such revision.
        """
        repo = self._store.repo(*split_id(repo_id))
        commit = resolve_revision(self._store, repo, revision) if repo and not repo.moved_to else None
        return profile_of(subject_of(self._store, repo, commit)) if repo and commit else None

    def profiles(self, repo_type: RepoType = "model") -> tuple[Profile, ...]:
        """Return the facts of everything that the Hub served, and of what the run pushed, at main, by id."""
        repos = [repo for repo in self._store.repos(repo_type) if "main" in repo.branches]
        return tuple(profile_of(subject_of(self._store, repo)) for repo in repos)

    def card(self, repo_id: str, revision: str = "main") -> str | None:
        """Return the text of a repository's card, metadata and all; None when there is no card."""
        repo = self._store.repo(*split_id(repo_id))
        commit = resolve_revision(self._store, repo, revision) if repo else None
        entry = commit.files.get("README.md") if commit else None
        if entry is None or entry.size > MAX_READ:
            return None
        return self._store.blob(entry.sha256).read_bytes().decode("utf-8", "replace")

    def files(self, repo_id: str, branch: str = "main") -> dict[str, FileEntry]:
        """Return the files of a repository as the run left it; empty when there is no such repository or branch."""
        repo = self.repo(repo_id)
        oid = repo.branches.get(branch) if repo else None
        return dict(self._store.commit(oid).files) if oid else {}

    def pushed(self, name: str, revision: str = "main") -> dict[str, Path]:
        """Return the files of a model repository that the run made, in whatever namespace.

        Args:
            name: of the repository, without its namespace.
            revision: a branch or a tag.

        Returns:
            Path in the repository -> file of the store, not to be written to; empty when the run made no such
            repository or it has no such revision.
        """
        for repo in self.changed_repos():
            oid = repo.branches.get(revision) or repo.tags.get(revision)
            if repo.repo_type == "model" and repo.name == name and oid:
                files = self._store.commit(oid).files
                return {path: self._store.blob(entry.sha256) for path, entry in files.items()}
        return {}

    def history(self, repo_id: str, branch: str = "main") -> tuple[Commit, ...]:
        """Return the commits of a branch, newest first; empty when there is no such repository or branch."""
        repo = self.repo(repo_id)
        oid = repo.branches.get(branch) if repo else None
        return tuple(log_of(self._store, self._store.commit(oid))) if oid else ()

    def path(self, repo_id: str, name: str) -> Path:
        """Return the file of the store that holds a file of a repository; not to be written to.

        Raises:
            SubmissionFault: GR314, the run did not push it.
        """
        entry = self.files(repo_id).get(name)
        if entry is None:
            raise SubmissionFault("GR314", f"{name} is not in {repo_id} on the Hub.", "Push it, then run again.")
        return self._store.blob(entry.sha256)

    def read(self, repo_id: str, name: str) -> bytes:
        """Return the content of a file as the run left it.

        Raises:
            SubmissionFault: GR314, the run did not push it; GR315, it is too large to be read whole.
        """
        path = self.path(repo_id, name)
        if path.stat().st_size > MAX_READ:
            raise SubmissionFault("GR315", f"{name} in {repo_id} is larger than {MAX_READ // 1024**2} MiB.")
        return path.read_bytes()


def _full_id(repo: Repo) -> str:
    return repo.repo_id if repo.repo_type == "model" else f"{repo.repo_type}s/{repo.repo_id}"


def _id_of(record: RequestRecord) -> str:
    return str(record.notes.get("repo", "")).removeprefix("models/")
