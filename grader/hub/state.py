"""What one session may see and do: its store, its users, its quotas, and the rules of access."""

import datetime
import hashlib
import hmac
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from grader.hub.commits import resolve_revision
from grader.hub.files import git_oid
from grader.hub.http import Call, Refusal
from grader.hub.repo import Commit, FileEntry, Repo, RepoType
from grader.hub.store import Store

Clock = Callable[[], datetime.datetime]


def utc_now() -> datetime.datetime:
    """The wall clock."""
    return datetime.datetime.now(datetime.UTC)


def hub_date(moment: datetime.datetime) -> str:
    """Write a moment as the Hub does."""
    return moment.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


@dataclass(frozen=True)
class Quota:
    """What one session may use."""

    written_bytes: int = 4 * 1024**3
    files: int = 20_000
    """Files of one commit."""
    requests: int = 200_000
    connections: int = 256
    repos: int = 500
    idle_seconds: float = 30.0
    """Longest silence in the middle of a request."""


class Meter:
    """Counts what a session uses; refuses what exceeds its quota."""

    def __init__(self, quota: Quota, written: int = 0) -> None:
        """Start counting.

        Args:
            quota: the limits.
            written: bytes that the overlay holds already.
        """
        self.quota = quota
        self.written = written
        self.requests = 0
        self.sent = 0
        self.refused = 0
        self._lock = threading.Lock()

    def charge(self, size: int) -> None:
        """Count bytes that are about to be written; a negative size gives bytes back.

        Raises:
            Refusal: 413, the quota does not hold them.
        """
        with self._lock:
            if size > 0 and self.written + size > self.quota.written_bytes:
                raise Refusal(413, f"Storage limit of this Hub reached: {self.quota.written_bytes:,} bytes.")
            self.written += size

    def request(self) -> None:
        """Count a request.

        Raises:
            Refusal: 429, too many requests.
        """
        with self._lock:
            self.requests += 1
            if self.requests > self.quota.requests:
                raise Refusal(429, f"Request limit of this Hub reached: {self.quota.requests:,}.")

    def reply(self, status: int, size: int) -> None:
        """Count a reply."""
        with self._lock:
            self.sent += size
            self.refused += status >= 400


class State:
    """Everything a handler works on."""

    def __init__(
        self, *, store: Store, meter: Meter, users: dict[str, str], endpoint: str, clock: Clock = utc_now
    ) -> None:
        """Put a session together.

        Args:
            store: base and overlay.
            meter: the quotas.
            users: token -> user.
            endpoint: the URL that clients reach the session by.
            clock: gives the date of commits.
        """
        self.store = store
        self.meter = meter
        self.users = users
        self.endpoint = endpoint
        self._clock = clock
        self._key = secrets.token_bytes(16)

    def now(self) -> str:
        """The date of what happens now."""
        return hub_date(self._clock())

    def sign(self, *parts: object) -> str:
        """Sign an upload link: the PUT that follows carries no token."""
        return hmac.new(self._key, "\0".join(map(str, parts)).encode(), hashlib.sha256).hexdigest()

    def signed(self, signature: str, *parts: object) -> bool:
        """Tell whether the signature belongs to the link."""
        return hmac.compare_digest(signature.encode(), self.sign(*parts).encode())


def repo_type_of(call: Call) -> RepoType:
    """Return the kind of repository that a path names: `models`, `datasets` or `spaces`, nothing being models."""
    return cast(RepoType, (call.params.get("type") or "models").removesuffix("s"))


def visible(repo: Repo, user: str | None) -> bool:
    """Tell whether a user may know of a repository."""
    return not repo.private or user == repo.author


def not_found(call: Call) -> Refusal:
    """Refuse as the Hub does when a repository is missing or hidden: 401 for strangers, 404 for the signed in."""
    if call.user is None:
        return Refusal(401, "Invalid username or password.", "RepoNotFound")
    return Refusal(404, "Repository not found", "RepoNotFound")


def find_repo(call: Call) -> Repo:
    """Return the repository that the path names.

    Raises:
        Refusal: it is missing or hidden, or is known by another name now (307).
    """
    repo_type, repo_id = repo_type_of(call), call.params["id"]
    call.notes["repo"] = f"{repo_type}s/{repo_id}"
    repo = call.state.store.repo(repo_type, repo_id)
    target = repo.moved_to if repo else call.state.store.aliased(repo_type, repo_id) if "/" not in repo_id else None
    # only the first occurrence is the id: a file below may be called the same
    path = call.raw_path.replace(f"/{repo_id}", f"/{target}", 1)
    if target and path != call.raw_path:
        location = path + (f"?{call.raw_query}" if call.raw_query else "")
        raise Refusal(307, f"{repo_id} is now {target}", headers={"Location": location})
    if target:
        raise not_found(call)
    if repo is None or not visible(repo, call.user):
        raise not_found(call)
    return repo


def writable_repo(call: Call) -> Repo:
    """Return the repository that the path names, if the user may change it.

    Raises:
        Refusal: it is missing or hidden, or belongs to somebody else (403).
    """
    repo = find_repo(call)
    may_write(call, repo.author)
    return repo


def may_write(call: Call, namespace: str) -> str:
    """Check that the user owns a namespace.

    Returns:
        The user.

    Raises:
        Refusal: 401 without a token, 403 for another's namespace.
    """
    if call.user is None:
        raise Refusal(401, "Invalid username or password.")
    if call.user != namespace:
        raise Refusal(
            403, f"You don't have the rights to write under the namespace {namespace!r}: you are {call.user!r}"
        )
    return call.user


def may_download(call: Call, repo: Repo) -> None:
    """Check the gate of a gated repository.

    Raises:
        Refusal: GatedRepo, 401 without a token, 403 without a grant.
    """
    if repo.gated is None or call.user == repo.author or repo.access.get(call.user or "") == "accepted":
        return
    told = f"Access to {repo.repo_type} {repo.repo_id} is restricted"
    if call.user is None:
        raise Refusal(401, f"{told}. You must have access to it and be authenticated to access it.", "GatedRepo")
    page = f"{call.state.endpoint}/{repo.repo_id}"
    raise Refusal(403, f"{told} and you are not in the authorized list. Visit {page} to ask for access.", "GatedRepo")


def find_commit(call: Call, repo: Repo) -> Commit:
    """Return the commit that the path names by a revision, main when it names none.

    Raises:
        Refusal: 404 RevisionNotFound.
    """
    revision = call.params.get("rev") or "main"
    commit = resolve_revision(call.state.store, repo, revision)
    if commit is None:
        raise Refusal(404, f"Invalid rev id: {header_safe(revision)}", "RevisionNotFound")
    return commit


def header_safe(text: str) -> str:
    """Shorten what a client sent before it is said back."""
    return text[:80]


def store_regular(state: State, content: bytes) -> FileEntry:
    """Store a file that is small enough to travel in a commit."""
    return FileEntry(state.store.overlay.blobs.add(content), len(content), git_oid(content), lfs=False)
