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
