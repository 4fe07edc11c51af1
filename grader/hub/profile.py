"""What the Hub says of one repository at one commit, as a check compares it with what a student says."""

from dataclasses import dataclass
from typing import Any, cast

from grader.hub.cards import as_list
from grader.hub.info import Subject
from grader.hub.repo import RepoType

_WEIGHTS = (".safetensors", ".bin", ".gguf", ".onnx", ".h5", ".msgpack")


@dataclass(frozen=True)
class Profile:
    """Facts of a repository: from its files at this commit, and from the Hub's own counters."""

    repo_type: RepoType
    repo_id: str
    revision: str
    """The commit: 40 hexadecimal digits."""
    head: str
    """The commit of main."""
    author: str
    task: str | None
    """The pipeline tag; of a dataset always None."""
    library: str | None
    architectures: tuple[str, ...]
    """As config.json names them, such as `DistilBertForMaskedLM`."""
    model_type: str | None
    parameters: int | None
    """From the headers of its safetensors files; None without any."""
    weight_bytes: int
    """Size of all files of weights together."""
    licenses: tuple[str, ...]
    """As the card's metadata says; none when it is silent."""
    languages: tuple[str, ...]
    datasets: tuple[str, ...]
    base_models: tuple[str, ...]
    downloads: int
    """Of the last 30 days."""
    likes: int
    created_at: str
    """UTC, as the Hub writes it, with milliseconds and Z."""
    last_modified: str
    gated: str | None
    """`auto` or `manual`; None for a repository that is open to all."""
    tags: tuple[str, ...]
    metadata: dict[str, Any]
    """The block at the top of its card; empty when there is none or it cannot be read."""
    files: dict[str, int]
    """Path -> bytes."""

    @property
    def has_card(self) -> bool:
        """Whether there is a README.md."""
        return "README.md" in self.files


def profile_of(subject: Subject) -> Profile:
    """Tell the facts of a repository at a commit.

    Args:
        subject: from `grader.hub.info.subject_of`.

    Returns:
        The facts.
    """
    repo, commit, facts = subject.repo, subject.commit, subject.facts
    card, config = facts.card or {}, facts.config or {}
    files = {path: entry.size for path, entry in commit.files.items()}
    return Profile(
        repo_type=repo.repo_type,
        repo_id=repo.repo_id,
        revision=commit.oid,
        head=repo.branches.get("main", ""),
        author=repo.author,
        task=facts.pipeline_tag,
        library=facts.library_name,
        architectures=tuple(as_list(cast("Any", config.get("architectures")))),
        model_type=config.get("model_type"),
        parameters=facts.total_parameters,
        weight_bytes=sum(size for path, size in files.items() if path.endswith(_WEIGHTS)),
        licenses=tuple(as_list(card.get("license"))),
        languages=tuple(as_list(card.get("language"))),
        datasets=tuple(as_list(card.get("datasets"))),
        base_models=facts.base_models,
        downloads=repo.downloads,
        likes=repo.likes,
        created_at=repo.created_at,
        last_modified=commit.date,
        gated=repo.gated,
        tags=facts.tags,
        metadata=card,
        files=files,
    )
