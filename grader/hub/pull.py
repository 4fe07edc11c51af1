"""Filling a base with snapshots of real repositories, from the real Hub or from any other Hub endpoint."""

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from grader.errors import MachineFault
from grader.hub.base import BaseRecord, finish_base, split_id
from grader.hub.repo import Repo, RepoMeta
from grader.hub.seed import seed_repo
from grader.hub.state import hub_date
from grader.hub.store import Layer, Store

REAL_HUB = "https://huggingface.co"
Progress = Callable[[str], None]


def pull(
    repos: Sequence[str], base: Path, on_progress: Progress, *, endpoint: str = REAL_HUB, token: str | None = None
) -> BaseRecord:
    """Fetch repositories and put them into a base.

    What was gated is open in the base: whoever pulls it has accepted its terms and answers for the room.

    Args:
        repos: `ns/name`, `ns/name@revision`, `datasets/ns/name`, `spaces/ns/name`.
        base: a folder that holds nothing yet, or a base to add to.
        on_progress: told about each repository.
        endpoint: of the Hub to fetch from.
        token: for private and gated repositories; the one that `hf auth login` stored when left out.

    Returns:
        The record of the base.

    Raises:
        MachineFault: GR604, a repository could not be fetched; those before it are kept.
    """
    layer = Layer(base)
    layer.open_for_writing()
    try:
        for name in repos:
            on_progress(f"Pulling {name} from {endpoint}")
            _pull_one(Store(layer), name, endpoint, token)
    finally:
        record = finish_base(base)
    return record


def _pull_one(store: Store, asked: str, endpoint: str, token: str | None) -> None:
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError

    name, _, revision = asked.partition("@")
    repo_type, repo_id = split_id(name)
    api = HfApi(endpoint=endpoint, token=token)
    try:
        info = api.repo_info(repo_id, repo_type=repo_type, revision=revision or None)
        with tempfile.TemporaryDirectory(prefix="pull-", dir=store.overlay.folder) as folder:
            api.snapshot_download(info.id, repo_type=repo_type, revision=info.sha, local_dir=folder)
            meta = _meta(info, revision=revision, alias=repo_id if repo_id != info.id and "/" not in repo_id else None)
            repo = seed_repo(store, repo_type, info.id, Path(folder), meta)
    except (HfHubHTTPError, OSError, ValueError) as exc:
        told = " ".join(str(exc).split())[:300]
        raise MachineFault(
            "GR604",
            f"{asked} could not be pulled from {endpoint}: {told}",
            "Check the id and the network; a gated or private repository needs HF_TOKEN.",
        ) from exc
    _keep_sdk(store, repo, getattr(info, "sdk", None))


def _meta(info: Any, *, revision: str, alias: str | None) -> RepoMeta:
    """Keep what the other Hub says of the repository; its commit id goes on as a tag, so that pins keep working."""
    modified = hub_date(info.last_modified) if info.last_modified else RepoMeta.last_modified
    tags = [name for name in (info.sha, revision) if name and name != "main"]
    return RepoMeta(
        downloads=getattr(info, "downloads", None) or 0,
        likes=info.likes or 0,
        created_at=hub_date(info.created_at) if info.created_at else modified,
        last_modified=modified,
        tags=tuple(dict.fromkeys(tags)),
        alias=alias,
        trending_score=float(info.trending_score or 0),
    )


def _keep_sdk(store: Store, repo: Repo, sdk: str | None) -> None:
    if sdk is not None:
        store.save_repo(replace(repo, sdk=sdk))
