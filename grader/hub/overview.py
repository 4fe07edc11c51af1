"""What a base holds, in a few words per repository."""

from dataclasses import dataclass
from pathlib import Path

from grader.hub.info import subject_of
from grader.hub.repo import REPO_TYPES, RepoType
from grader.hub.store import Layer, Store


@dataclass(frozen=True)
class OverviewRow:
    """One repository of a base."""

    kind: RepoType
    id: str
    commit: str
    task: str | None
    downloads: int
    likes: int
    size: int
    """Bytes of the files at main."""
    private: bool
    gated: str | None


def overview(base: Path) -> tuple[OverviewRow, ...]:
    """Describe every repository of a base, by kind and id.

    Args:
        base: a whole base.

    Returns:
        One row each.
    """
    store = Store(Layer(base))
    rows: list[OverviewRow] = []
    for kind in REPO_TYPES:
        for repo in store.repos(kind):
            subject = subject_of(store, repo)
            size = sum(entry.size for entry in subject.commit.files.values())
            rows.append(
                OverviewRow(
                    kind=kind,
                    id=repo.repo_id,
                    commit=subject.commit.oid,
                    task=subject.facts.pipeline_tag,
                    downloads=repo.downloads,
                    likes=repo.likes,
                    size=size,
                    private=repo.private,
                    gated=repo.gated,
                )
            )
    return tuple(rows)
