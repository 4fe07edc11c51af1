"""Chooses the mutants of a lab from the artifacts that lab.toml declares and the reference run left."""

import json
import random
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path

from grader.model.lab import ArtifactSpec, Lab
from grader.validating.mutants.json_values import json_mutants
from grader.validating.mutants.mutant import Mutant, mutant
from grader.validating.mutants.table_values import csv_mutants, parquet_mutants
from grader.validating.mutants.weights import weight_mutants

#: Files of a model folder that only its own loader reads: lost or cut off, they are one mutant each.
_LOADERS = frozenset({"config.json", "adapter_config.json", "tokenizer.json", "tokenizer_config.json"})
_LARGEST_JSON = 4 * 1024**2


def plan_mutants(lab: Lab, artifacts: Path, *, seed: int = 0, most: int | None = None) -> tuple[Mutant, ...]:
    """Return the mutants of a lab, the same ones for the same seed and artifacts of the same form.

    Args:
        lab: declares the artifacts.
        artifacts: those of the reference run.
        seed: decides what is drawn.
        most: how many at most; every file and every kind of change keeps its share. None: all.

    Returns:
        The mutants by name.
    """
    draw = random.Random(f"{lab.id}/{seed}")  # noqa: S311 - it decides what is tested, not a secret
    found: dict[str, Mutant] = {}
    for spec in lab.artifacts:
        for path in _files(artifacts / spec.path, draw):
            file = path.relative_to(artifacts).as_posix()
            for made in _mutants_of(lab, spec, file, path, draw):
                found.setdefault(made.name, made)
    planned = [found[name] for name in sorted(found)]
    return tuple(planned if most is None or len(planned) <= most else _spread(planned, most, draw))


def _files(place: Path, draw: random.Random) -> list[Path]:
    """The files of an artifact; of folders that are alike, such as checkpoints or shards, one is drawn."""
    if place.is_file():
        return [place]
    inner = sorted(path for path in place.glob("*") if path.is_file() and not path.name.startswith("."))
    by_kind: dict[str, list[Path]] = {}
    for path in inner:
        by_kind.setdefault(path.name if path.suffix == ".json" else path.suffix, []).append(path)
    chosen = [draw.choice(paths) for _, paths in sorted(by_kind.items())]
    folders = sorted(path for path in place.glob("*") if path.is_dir())
    return chosen + (_files(draw.choice(folders), draw) if folders else [])


def _mutants_of(lab: Lab, spec: ArtifactSpec, file: str, path: Path, draw: random.Random) -> Iterator[Mutant]:
    yield mutant(file, "deleted", "delete")
    yield mutant(file, "truncated", "truncate")
    in_model = path.name in _LOADERS or (spec.kind in {"model", "adapter"} and file != spec.path)
    match path.suffix:
        case ".json" if not in_model and path.stat().st_size <= _LARGEST_JSON:
            yield from _line_endings(file, path)
            yield from json_mutants(file, json.loads(path.read_text("utf-8")), draw)
        case ".csv":
            yield from csv_mutants(file, path, draw)
        case ".parquet":
            yield from parquet_mutants(file, path, draw)
        case ".safetensors":
            yield from weight_mutants(file, path, lab.hub_models, draw)
        case ".md" | ".txt":
            yield from _line_endings(file, path)
            yield mutant(file, "other words", "write_text", text="lorem ipsum dolor sit amet\n")
        case _:
            pass


def _line_endings(file: str, path: Path) -> Iterator[Mutant]:
    if b"\n" in path.read_bytes():
        yield mutant(file, "other line endings", "line_endings", harmless=True)


def _spread(planned: list[Mutant], most: int, draw: random.Random) -> list[Mutant]:
    """Take in turns from every file, and there from every kind of change: no long file crowds out the others."""
    files: dict[str, dict[str, list[Mutant]]] = {}
    for one in planned:
        files.setdefault(one.file, {}).setdefault(one.kind, []).append(one)
    piles = [_in_turns(list(kinds.values()), draw) for kinds in files.values()]
    return sorted(_in_turns(piles, None)[:most], key=lambda one: one.name)


def _in_turns(piles: list[list[Mutant]], draw: random.Random | None) -> list[Mutant]:
    """One of each pile, then the next of each, and so on; shuffled before where there is something to draw."""
    if draw is not None:
        draw.shuffle(piles)
        for pile in piles:
            draw.shuffle(pile)
    return [one for turn in zip_longest(*piles) for one in turn if one is not None]
