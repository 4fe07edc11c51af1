"""What one session has and may use: its store, its users, its quotas."""

import datetime
import hashlib
import hmac
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass

from grader.hub.files import git_oid
from grader.hub.reply import Refusal
from grader.hub.repo import FileEntry
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


def store_regular(state: State, content: bytes) -> FileEntry:
    """Store a file that is small enough to travel in a commit."""
    return FileEntry(state.store.overlay.blobs.add(content), len(content), git_oid(content), lfs=False)
