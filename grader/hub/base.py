"""Bases: folders that hold the repositories of a lab, built once, named by their content, never written to again."""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from grader.errors import MachineFault
from grader.hub.repo import MiniatureRepo, RepoType
from grader.hub.seed import folder_files, seed_repo
from grader.hub.store import Layer, Store
from grader.model.files import read_json, write_json

MARKER = "base.json"
FORMAT = 1
"""Raised when a base that was built before is laid out differently."""
Progress = Callable[[str], None]


@dataclass(frozen=True)
class BaseRecord:
    """Written last: its presence means that the base is whole."""

    format: int
    digest: str
    """Hash over the heads of all repositories: the same on every machine that holds the same content."""
    repos: tuple[str, ...]
    """Ids; those of datasets and Spaces begin with `datasets/` and `spaces/`."""


def ensure_base(models: Sequence[str], datasets: Sequence[str], cache_dir: Path, on_progress: Progress) -> Path:
    """Return a base that holds these repositories, building what is not in the cache.

    Args:
        models: ids of models.
        datasets: ids of datasets, `ns/name`.
        cache_dir: where bases and miniatures are kept.
        on_progress: told what is being done, in words.

    Returns:
        The folder of the base.

    Raises:
        MachineFault: GR604, a repository can neither be found nor built.
    """
    from grader.hub.miniatures.build import ensure_repos

    ids = [*dict.fromkeys(models), *dict.fromkeys(f"datasets/{name}" for name in datasets)]

    def say(name: str, share: float) -> None:
        on_progress(f"Building {name} for the Hub: {share:.0%}")

    return base_of(ensure_repos(ids, cache_dir, say), cache_dir, on_progress)


def whole_base(cache_dir: Path, on_progress: Progress, workers: int = 1) -> Path:
    """Return a base that holds the whole catalogue of miniatures, building what is not in the cache.

    Args:
        cache_dir: where bases and miniatures are kept.
        on_progress: told what is being done, in words.
        workers: how many miniatures are made side by side.

    Returns:
        The folder of the base.

    Raises:
        MachineFault: GR604, a repository can neither be found nor built.
    """
    from grader.hub.miniatures.build import ensure_repos
    from grader.hub.miniatures.catalogue import load_catalogue

    def say(name: str, share: float) -> None:
        on_progress(f"Building {name} for the Hub: {share:.0%}")

    return base_of(ensure_repos([*load_catalogue().ids()], cache_dir, say, workers), cache_dir, on_progress)


def base_of(repos: Iterable[MiniatureRepo], cache_dir: Path, on_progress: Progress) -> Path:
    """Return a base made of plain folders, building it when it is not in the cache.

    Args:
        repos: the folders.
        cache_dir: the base lands below `cache_dir/bases`.
        on_progress: told about each repository that is put in.

    Returns:
        The folder of the base.
    """
    chosen = sorted(repos, key=lambda repo: (repo.repo_type, repo.repo_id))
    base = cache_dir / "bases" / _key(chosen)
    if (base / MARKER).is_file():
        return base
    base.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix="partial-", dir=base.parent))
    try:
        layer = Layer(partial)
        layer.open_for_writing()
        for repo in chosen:
            on_progress(f"Putting {repo.repo_id} into the Hub")
            seed_repo(Store(layer), repo.repo_type, repo.repo_id, repo.folder, repo.meta)
        finish_base(partial)
        _keep(partial, base)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return base


def _keep(partial: Path, base: Path) -> None:
    try:
        partial.rename(base)
    except OSError:
        # somebody else was faster: the content is the same
        if not (base / MARKER).is_file():
            raise


def _key(repos: Sequence[MiniatureRepo]) -> str:
    """Name a base by its ingredients: sizes and times stand for the contents, which are hashed when they are put in."""
    digest = hashlib.sha256(b"%d" % FORMAT)
    for repo in repos:
        digest.update(msgspec.json.encode([repo.repo_type, repo.repo_id, repo.meta]))
        for name in folder_files(repo.folder):
            stat = (repo.folder / name).stat()
            digest.update(f"{name}\0{stat.st_size}\0{stat.st_mtime_ns}\n".encode())
    return digest.hexdigest()[:16]


def finish_base(base: Path) -> BaseRecord:
    """Write the record that makes a folder a whole base, with plain folders of its repositories.

    Args:
        base: a store that nobody writes to any more.

    Returns:
        The record.
    """
    shutil.rmtree(base / "uploads", ignore_errors=True)
    repos = sorted(
        (layer_repo for layer_repo in Layer(base).repos.values() if not layer_repo.deleted),
        key=lambda r: (r.repo_type, r.repo_id),
    )
    ids = tuple(f"{'' if repo.repo_type == 'model' else repo.repo_type + 's/'}{repo.repo_id}" for repo in repos)
    record = BaseRecord(FORMAT, hashlib.sha256(msgspec.json.encode(repos)).hexdigest(), ids)
    for name in ids:
        snapshot_dir(base, name)
    write_json(base / MARKER, record)
    return record


def base_digest(base: Path) -> str:
    """Return the hash over everything that a base holds: the Hub's part of a run key."""
    return base_record(base).digest


def base_record(base: Path) -> BaseRecord:
    """Return the record of a whole base.

    Raises:
        MachineFault: GR604, the folder is not a whole base.
    """
    if not (base / MARKER).is_file():
        raise MachineFault("GR604", f"{base} is not a Hub base, or was not finished.")
    return read_json(base / MARKER, BaseRecord)


def holding(base: Path, models: Sequence[str], datasets: Sequence[str]) -> Path:
    """Return a base that somebody made, once it is known to be whole and to hold these repositories.

    Args:
        base: its folder, filled by `grader hub pull` or `grader hub import`.
        models: ids of models.
        datasets: ids of datasets, `ns/name`; what follows a colon names a variant and is left out.

    Returns:
        The folder.

    Raises:
        MachineFault: GR604, the folder is not a whole base or lacks a repository.
    """
    wanted = [*models, *(f"datasets/{name.partition(':')[0]}" for name in datasets)]
    missing = sorted(set(wanted) - set(base_record(base).repos))
    if missing:
        raise MachineFault(
            "GR604", f"{base} does not hold {', '.join(missing)}.", f"grader hub pull --base {base} {' '.join(missing)}"
        )
    return base


def split_id(repo_id: str) -> tuple[RepoType, str]:
    """Split `datasets/ns/name` or `spaces/ns/name` into kind and id; without a prefix it is a model."""
    for kind in ("dataset", "space"):
        if repo_id.startswith(f"{kind}s/") and repo_id.count("/") == 2:
            return kind, repo_id.removeprefix(f"{kind}s/")
    return "model", repo_id


def snapshot_dir(base: Path, repo_id: str) -> Path:
    """Return a plain folder with the files of a repository at main, as `from_pretrained` likes it.

    The files are hard links to the blobs of the base: the folder costs no space. It is made when the base is built.

    Args:
        base: the base.
        repo_id: of a model; that of a dataset is written `datasets/ns/name`.

    Returns:
        The folder; read-only.

    Raises:
        MachineFault: GR604, the base does not hold the repository.
    """
    repo_type, name = split_id(repo_id)
    store = Store(Layer(base))
    repo = store.repo(repo_type, store.aliased(repo_type, name) or name)
    if repo is None or "main" not in repo.branches:
        raise MachineFault("GR604", f"The Hub base does not hold {repo_id}.")
    commit = store.commit(repo.branches["main"])
    folder = base / "snapshots" / repo_type / repo.repo_id / commit.oid
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix="partial-", dir=folder.parent))
    for path, entry in commit.files.items():
        target = partial / path
        target.parent.mkdir(parents=True, exist_ok=True)
        _link(store.blob(entry.sha256), target)
    partial.chmod(0o755)
    partial.rename(folder)
    return folder


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # a file system without hard links
        shutil.copyfile(source, target)
