"""From the catalogue to folders: each build is taken from the cache, from the snapshot, or really made."""

import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import asdict, dataclass
from pathlib import Path

from grader.hub.miniatures.cards import render_card
from grader.hub.miniatures.catalogue import Catalogue, Entry, load_catalogue
from grader.hub.miniatures.keys import content_key
from grader.hub.miniatures.make import make_apart
from grader.hub.miniatures.snapshot import SNAPSHOT, Manifest, read_manifest, unpack
from grader.hub.repo import MiniatureRepo, RepoMeta
from grader.model.files import read_json, write_json

OnProgress = Callable[[str, float], None]
"""Told what is being made and the share of it that is done, from 0 to 1; may be called from several threads."""
CARDLESS = "This repository is a miniature for learning, made by the grader; it holds no card on purpose.\n"


@dataclass(frozen=True)
class Made:
    """A finished build."""

    key: str
    folder: Path
    figures: dict[str, float]


@dataclass(frozen=True)
class Plan:
    """What must be made, and what that costs."""

    builds: tuple[str, ...]
    """Names, each after what it needs."""
    seconds: float
    """CPU seconds on one core, as measured when each was last made."""


@dataclass(frozen=True)
class Workshop:
    """Where builds come from and go to."""

    cache: Path
    catalogue: Catalogue
    snapshot: Path = SNAPSHOT

    def plan(self, builds: Iterable[str]) -> Plan:
        """Find out what is neither in the cache nor in the snapshot.

        Args:
            builds: names of builds that are wanted.

        Returns:
            They and what they need, as far as they must be made.
        """
        manifest = read_manifest(self.snapshot)
        needed: dict[str, None] = {}

        def visit(name: str) -> None:
            key = content_key(self.catalogue, name)
            if name in needed or self._cached(key) or _shipped(manifest, name, key):
                return
            for need in self.catalogue.builds[name].needs.values():
                visit(need)
            needed[name] = None

        for name in builds:
            visit(name)
        return Plan(tuple(needed), sum(self.catalogue.builds[name].seconds for name in needed))

    def ensure(self, builds: Sequence[str], on_progress: OnProgress, workers: int = 1) -> dict[str, Made]:
        """Have builds in the cache.

        Args:
            builds: names.
            on_progress: see `OnProgress`.
            workers: how many are made side by side, each in a process of its own with one thread.

        Returns:
            Name -> build, for every name asked for.

        Raises:
            MachineFault: GR604, a recipe failed here.
            InternalFault: GR510, the snapshot is damaged.
        """
        waiting = list(self.plan(builds).builds)
        running: dict[Future[None], str] = {}
        with ThreadPoolExecutor(max(1, workers)) as pool:
            while waiting or running:
                for name in [name for name in waiting if self._ready(name, {*waiting, *running.values()})]:
                    waiting.remove(name)
                    running[pool.submit(self._make, name, on_progress)] = name
                done, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    del running[future]
                    future.result()
        return {name: self._take(name) for name in builds}

    def _ready(self, name: str, unfinished: set[str]) -> bool:
        return unfinished.isdisjoint(self.catalogue.builds[name].needs.values())

    def _cached(self, key: str) -> bool:
        return (self.cache / "builds" / key / "figures.json").is_file()

    def _take(self, name: str) -> Made:
        """A build that is in the cache, or is put there from the snapshot."""
        key = content_key(self.catalogue, name)
        home = self.cache / "builds" / key
        if not self._cached(key):
            shipped = read_manifest(self.snapshot).builds[name]
            with _Beside(home) as partial:
                unpack(shipped, partial / "files", self.snapshot)
                write_json(partial / "figures.json", shipped.figures)
        return Made(key, home / "files", read_json(home / "figures.json", dict[str, float]))

    def _make(self, name: str, on_progress: OnProgress) -> None:
        build = self.catalogue.builds[name]
        needs = {role: self._take(needed).folder for role, needed in build.needs.items()}
        with _Beside(self.cache / "builds" / content_key(self.catalogue, name)) as partial:
            figures = make_apart(name, build, partial / "files", needs, lambda share: on_progress(name, share))
            write_json(partial / "figures.json", figures)


def ensure_repos(
    ids: Sequence[str],
    cache_dir: Path,
    on_progress: OnProgress,
    workers: int = 1,
    catalogue: Catalogue | None = None,
) -> tuple[MiniatureRepo, ...]:
    """Have repositories as plain folders, ready to be seeded into the Hub.

    Args:
        ids: `ns/name` for models, `datasets/ns/name` for datasets; `:variant` behind one adds its larger parts.
        cache_dir: where everything is kept, under content keys.
        on_progress: see `OnProgress`; not called for what is cached or shipped.
        workers: how many builds are made side by side.
        catalogue: another catalogue than the one in this package.

    Returns:
        One repository per id, in order.

    Raises:
        LabFault: GR205, an id that the catalogue does not hold.
        MachineFault: GR604, something had to be made and could not be.
        InternalFault: GR510, the snapshot is damaged.
    """
    workshop = Workshop(cache_dir, catalogue or load_catalogue())
    asked = [workshop.catalogue.entry(one) for one in ids]
    wanted = tuple(dict.fromkeys(name for _, builds in asked for name in builds))
    made = workshop.ensure(wanted, on_progress, workers)
    return tuple(_assemble(workshop, entry, {name: made[name] for name in builds}) for entry, builds in asked)


def _assemble(workshop: Workshop, entry: Entry, parts: Mapping[str, Made]) -> MiniatureRepo:
    figures = {name: value for part in parts.values() for name, value in part.figures.items()}
    card = render_card(entry, [workshop.catalogue.builds[name] for name in parts], figures)
    extra = {"README.md": card} if card is not None else {"MINIATURE.txt": CARDLESS}
    material = json.dumps([asdict(entry), [part.key for part in parts.values()], extra], sort_keys=True)
    home = workshop.cache / "repos" / hashlib.sha256(material.encode()).hexdigest()
    if not home.is_dir():
        with _Beside(home) as partial:
            for part in parts.values():
                shutil.copytree(part.folder, partial / "files", dirs_exist_ok=True)
            for name, text in extra.items():
                (partial / "files" / name).write_text(text, encoding="utf-8", newline="\n")
    return MiniatureRepo(entry.kind, entry.id, home / "files", _meta(entry))


def _meta(entry: Entry) -> RepoMeta:
    return RepoMeta(
        downloads=entry.downloads,
        likes=entry.likes,
        created_at=f"{entry.created}T08:00:00.000Z",
        last_modified=f"{entry.modified}T08:00:00.000Z",
        gated=entry.gated,
        tags=entry.tags,
        alias=entry.alias,
    )


def _shipped(manifest: Manifest, name: str, key: str) -> bool:
    return name in manifest.builds and manifest.builds[name].key == key


class _Beside:
    """A folder beside its final place that takes that place when all went well."""

    def __init__(self, home: Path) -> None:
        self._home = home

    def __enter__(self) -> Path:
        self._home.parent.mkdir(parents=True, exist_ok=True)
        self._partial = Path(tempfile.mkdtemp(prefix="partial-", dir=self._home.parent))
        (self._partial / "files").mkdir()
        return self._partial

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None and not self._home.exists():
            self._partial.chmod(0o755)
            self._partial.replace(self._home)
        else:
            shutil.rmtree(self._partial)
