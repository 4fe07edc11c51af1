"""What a repository of the Hub is made of: the records that the store keeps and the seeder is given."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

RepoType = Literal["model", "dataset", "space"]
"""The three kinds of repository."""
REPO_TYPES: tuple[RepoType, ...] = ("model", "dataset", "space")


@dataclass(frozen=True)
class RepoMeta:
    """Everything about a seeded repository that does not follow from its files."""

    downloads: int = 0
    """Of the last 30 days: what listings are sorted by."""
    likes: int = 0
    created_at: str = "2024-01-01T00:00:00.000Z"
    """UTC, as the Hub writes it, with milliseconds and Z."""
    last_modified: str = "2024-01-01T00:00:00.000Z"
    """Also the date of the seeding commit."""
    gated: Literal["auto", "manual"] | None = None
    private: bool = False
    tags: tuple[str, ...] = ()
    """Git tags that point at main, such as `714eb0f`, which a pipeline without a model asks for."""
    alias: str | None = None
    """The bare name that is answered with a redirect, such as `bert-base-uncased`."""
    trending_score: float = 0.0


@dataclass(frozen=True)
class MiniatureRepo:
    """A plain folder that is to become a repository of the base."""

    repo_type: RepoType
    repo_id: str
    """`ns/name`."""
    folder: Path
    """Its files, as they will appear in the repository; hidden folders are left out."""
    meta: RepoMeta = field(default_factory=RepoMeta)


@dataclass(frozen=True)
class FileEntry:
    """One file of a commit: where its bytes are, and what git would call it."""

    sha256: str
    size: int
    git_oid: str
    """sha1 of the git blob; for an LFS file, of the blob that holds its pointer."""
    lfs: bool

    @property
    def etag(self) -> str:
        """What the clients name the cached file by: sha256 of an LFS file, git's sha1 of any other."""
        return self.sha256 if self.lfs else self.git_oid


@dataclass(frozen=True)
class Commit:
    """One immutable state of a repository."""

    oid: str
    """40 hexadecimal digits, derived from everything below but the date."""
    parents: tuple[str, ...]
    title: str
    message: str
    author: str
    date: str
    files: dict[str, FileEntry]


@dataclass(frozen=True)
class Repo:
    """The small record of one repository; its commits and blobs are files of their own."""

    repo_type: RepoType
    repo_id: str
    created_at: str
    branches: dict[str, str] = field(default_factory=dict[str, str])
    """Name -> commit."""
    tags: dict[str, str] = field(default_factory=dict[str, str])
    pulls: dict[str, str] = field(default_factory=dict[str, str])
    """Number of the pull request -> its commit."""
    history: tuple[str, ...] = ()
    """Every commit that was ever made here: a commit of another repository cannot be read through this one."""
    private: bool = False
    gated: Literal["auto", "manual"] | None = None
    access: dict[str, Literal["pending", "accepted", "rejected"]] = field(
        default_factory=dict[str, Literal["pending", "accepted", "rejected"]]
    )
    """User -> state of the access request to a gated repository."""
    downloads: int = 0
    likes: int = 0
    trending_score: float = 0.0
    alias: str | None = None
    sdk: str | None = None
    """Of a Space."""
    moved_to: str | None = None
    """The new id: everything else is answered with a redirect."""
    deleted: bool = False
    """A tombstone: hides a repository of the base."""

    @property
    def author(self) -> str:
        """The namespace."""
        return self.repo_id.partition("/")[0]

    @property
    def name(self) -> str:
        """The id without its namespace."""
        return self.repo_id.rpartition("/")[2]
