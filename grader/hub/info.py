"""The JSON that describes a repository, in listings and alone."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from grader.hub.facts import Facts
from grader.hub.reply import Refusal
from grader.hub.repo import Commit, Repo, RepoType
from grader.hub.store import Store
from grader.hub.trees import file_row


@dataclass(frozen=True)
class Subject:
    """One repository at one commit, with everything that can be told about it."""

    store: Store
    repo: Repo
    commit: Commit
    facts: Facts


def subject_of(store: Store, repo: Repo, commit: Commit | None = None) -> Subject:
    """Gather what is known of a repository.

    Args:
        store: holds it.
        repo: its record.
        commit: the state to describe; main when left out.

    Returns:
        The subject of `describe`.
    """
    commit = commit or store.commit(repo.branches["main"])
    return Subject(store, repo, commit, store.facts(repo, commit))


def _id(subject: Subject) -> str:
    repo = subject.repo
    return hashlib.sha1(f"{repo.repo_type}/{repo.repo_id}".encode(), usedforsecurity=False).hexdigest()[:24]


def _siblings(subject: Subject) -> list[dict[str, Any]]:
    return [{"rfilename": path} for path in subject.commit.files]


def siblings_with_blobs(subject: Subject) -> list[dict[str, Any]]:
    """List the files with size and ids, as `blobs=true` asks for."""
    rows: list[dict[str, Any]] = []
    for path, entry in subject.commit.files.items():
        row: dict[str, Any] = {"rfilename": path, "size": entry.size, "blobId": entry.git_oid}
        if entry.lfs:
            lfs = file_row(path, entry)["lfs"]
            row["lfs"] = {"sha256": lfs["oid"], "size": lfs["size"], "pointerSize": lfs["pointerSize"]}
        rows.append(row)
    return rows


def _safetensors(subject: Subject) -> dict[str, Any] | None:
    counts = subject.facts.parameters
    return {"parameters": counts, "total": sum(counts.values())} if counts else None


def _transformers_info(subject: Subject) -> dict[str, Any] | None:
    facts = subject.facts
    return {"auto_model": facts.auto_model, "pipeline_tag": facts.pipeline_tag} if facts.auto_model else None


def _card_entry(name: str) -> Callable[[Subject], Any]:
    return lambda subject: (subject.facts.card or {}).get(name)


def _children(subject: Subject) -> int:
    repos = [repo for repo in subject.store.repos("model") if not repo.private and "main" in repo.branches]
    return sum(subject.repo.repo_id in subject_of(subject.store, repo).facts.base_models for repo in repos)


def _used_storage(subject: Subject) -> int:
    commits = [subject.store.commit(oid) for oid in subject.repo.history]
    return sum({entry.sha256: entry.size for commit in commits for entry in commit.files.values()}.values())


#: Everything that `expand` can ask for; what this Hub has no notion of is answered with null, or as nothing.
_COMMON: dict[str, Callable[[Subject], Any]] = {
    "author": lambda s: s.repo.author,
    "cardData": lambda s: s.facts.card,
    "createdAt": lambda s: s.repo.created_at,
    "disabled": lambda _: False,
    "gated": lambda s: s.repo.gated or False,
    "lastModified": lambda s: s.commit.date,
    "likes": lambda s: s.repo.likes,
    "private": lambda s: s.repo.private,
    "resourceGroup": lambda _: None,
    "sha": lambda s: s.commit.oid,
    "siblings": _siblings,
    "tags": lambda s: list(s.facts.tags),
    "trendingScore": lambda s: s.repo.trending_score,
    "usedStorage": _used_storage,
}
_COUNTED: dict[str, Callable[[Subject], Any]] = {
    "downloads": lambda s: s.repo.downloads,
    "downloadsAllTime": lambda s: s.repo.downloads,
}
_MODEL: dict[str, Callable[[Subject], Any]] = {
    "baseModels": lambda s: list(s.facts.base_models),
    "childrenModelCount": _children,
    "config": lambda s: s.facts.config,
    "evalResults": lambda _: None,
    "gguf": lambda _: None,
    "inference": lambda _: None,
    "inferenceProviderMapping": lambda _: [],
    "library_name": lambda s: s.facts.library_name,
    "mask_token": lambda s: s.facts.mask_token,
    "model-index": _card_entry("model-index"),
    "pipeline_tag": lambda s: s.facts.pipeline_tag,
    "safetensors": _safetensors,
    "spaces": lambda _: [],
    "transformersInfo": _transformers_info,
    "widgetData": _card_entry("widget"),
}
_DATASET: dict[str, Callable[[Subject], Any]] = {
    "citation": lambda _: None,
    "description": _card_entry("description"),
    "mainSize": _used_storage,
    "paperswithcode_id": _card_entry("paperswithcode_id"),
}
_SPACE: dict[str, Callable[[Subject], Any]] = {
    "datasets": _card_entry("datasets"),
    "models": _card_entry("models"),
    "region": lambda _: None,
    "runtime": lambda _: None,
    "sdk": lambda s: s.repo.sdk or (s.facts.card or {}).get("sdk"),
    "subdomain": lambda s: s.repo.repo_id.replace("/", "-").lower(),
}
PROPERTIES: dict[RepoType, dict[str, Callable[[Subject], Any]]] = {
    "model": _COMMON | _COUNTED | _MODEL,
    "dataset": _COMMON | _COUNTED | _DATASET,
    "space": _COMMON | _SPACE,
}
_LISTED: dict[RepoType, str] = {
    "model": "likes trendingScore private downloads tags pipeline_tag library_name createdAt",
    "dataset": "author sha lastModified private gated disabled tags description likes trendingScore downloads "
    "createdAt",
    "space": "likes trendingScore private tags sdk createdAt",
}
_FULL: dict[RepoType, str] = {
    "model": "author gated lastModified sha siblings",
    "dataset": "cardData siblings",
    "space": "author cardData lastModified sha siblings",
}
_ALONE: dict[RepoType, str] = {
    "model": "author cardData config createdAt disabled downloads gated lastModified library_name likes mask_token "
    "model-index pipeline_tag private safetensors sha siblings spaces tags transformersInfo usedStorage widgetData",
    "dataset": "author cardData citation createdAt description disabled downloads gated lastModified likes private sha "
    "siblings tags usedStorage",
    "space": "author cardData createdAt datasets disabled lastModified likes models private sdk sha siblings subdomain "
    "tags usedStorage",
}


def check_expand(repo_type: RepoType, expand: list[str]) -> list[str]:
    """Check the properties that `expand` asks for.

    Raises:
        Refusal: 400, a property that this kind of repository does not have.
    """
    unknown = [name for name in expand if name not in PROPERTIES[repo_type]]
    if unknown:
        raise Refusal(400, f"expand: unknown property {unknown[0][:40]!r}")
    return expand


def describe(subject: Subject, names: list[str]) -> dict[str, Any]:
    """Describe a repository by the properties named; what it does not have is left out, as on the Hub.

    Args:
        subject: the repository.
        names: of properties.

    Returns:
        One JSON object.
    """
    properties = PROPERTIES[subject.repo.repo_type]
    row: dict[str, Any] = {"_id": _id(subject), "id": subject.repo.repo_id}
    if subject.repo.repo_type == "model":
        row["modelId"] = subject.repo.repo_id
    values = {name: properties[name](subject) for name in names}
    return row | {name: value for name, value in values.items() if value is not None}


def alone(repo_type: RepoType) -> list[str]:
    """Properties of the info route."""
    return _ALONE[repo_type].split()


def listed(repo_type: RepoType, *, full: bool, card: bool, config: bool) -> list[str]:
    """Properties of a row in a listing."""
    names = f"{_LISTED[repo_type]} {_FULL[repo_type] if full else ''}".split()
    names += ["cardData"] if card else []
    names += ["config"] if config and repo_type == "model" else []
    return list(dict.fromkeys(names))
