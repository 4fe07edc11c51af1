"""Remembers measurements on disk under everything that they depend on."""

import ast
import contextlib
import functools
import hashlib
import importlib.util
import json
import os
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, cast

from grader.artifacts.locate import plain_files
from grader.errors import InternalFault
from grader.measuring.inputs import MeasuringInputs
from grader.model.files import read_untrusted
from grader.model.lab import MeasurementSpec

#: Entries that are kept; the oldest go first.
ENTRIES = 5_000
#: Bytes of one entry; a larger result is measured again every time.
ENTRY_LIMIT = 8 * 1024**2
#: Packages whose version can change a number.
PACKAGES = ("torch", "transformers", "tokenizers", "safetensors", "scikit-learn", "pyarrow")
#: Packages of ours whose modules are measuring code.
OWN = ("grader.measuring", "grader.artifacts")


def cache_key(spec: MeasurementSpec, module: str, inputs: MeasuringInputs) -> str:
    """Return the name under which a measurement is remembered.

    Args:
        spec: the measurement.
        module: the module that makes it.
        inputs: what it reads.

    Returns:
        SHA-256 over the measure's name and options, the sources of the measuring code it uses, the versions of the
        libraries, the device, and the bytes of the artifacts, bases and data it reads.

    Raises:
        InternalFault: GR510, an artifact is not as the manifest says.
    """
    parts = {
        "measure": spec.measure,
        "options": spec.options,
        "artifacts": [_artifact_files(name, inputs) for name in spec.artifacts],
        "bases": [_folder_files(inputs.bases[name]) for name in spec.bases if name in inputs.bases],
        "data": [_hash(inputs.checks_root / name) for name in spec.data if (inputs.checks_root / name).is_file()],
        "sources": sources_sha256(module),
        "versions": library_versions(),
        "device": inputs.device,
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()


def recall(folder: Path, key: str) -> dict[str, Any] | None:
    """Return a remembered measurement.

    Args:
        folder: the cache.
        key: from `cache_key`.

    Returns:
        The value; None when there is none or its entry is damaged, which is then removed.
    """
    path = folder / f"{key}.json"
    try:
        content = read_untrusted(path, 2 * ENTRY_LIMIT)  # check processes write here
        if not content:
            return None
        entry = json.loads(content)
        if entry["sha256"] == _text_hash(_text(entry["value"])):
            return cast("dict[str, Any]", entry["value"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        pass  # cut off, edited or unreadable: measured again below
    with contextlib.suppress(OSError):  # the disk is read-only
        path.unlink(missing_ok=True)
    return None


def remember(folder: Path, key: str, value: dict[str, Any]) -> None:
    """Write a measurement in one step, and let the oldest go when there are too many.

    Args:
        folder: the cache; made when it is not there.
        key: from `cache_key`.
        value: plain JSON data.

    Raises:
        InternalFault: GR504, the value is no JSON: a mistake of the measuring function.
    """
    text = _text(value)
    if len(text) > ENTRY_LIMIT:
        return
    folder.mkdir(parents=True, exist_ok=True)
    partial = folder / f"{key}.{os.getpid()}.partial"
    try:
        with partial.open("x", encoding="utf-8") as file:  # never through a link that somebody left under its name
            file.write(f'{{"sha256": "{_text_hash(text)}", "value": {text}}}\n')
        partial.replace(folder / f"{key}.json")
    except OSError:  # a full or read-only disk costs time, not the grade
        partial.unlink(missing_ok=True)
        return
    prune(folder, "*.json", ENTRIES)


@functools.cache
def sources_sha256(module: str) -> str:
    """Return the hash of the sources of a module and of every module of ours that it imports, directly or not.

    Args:
        module: dotted name, such as `grader.measuring.lora`.

    Returns:
        A hexadecimal SHA-256.
    """
    found: dict[str, bytes] = {}
    waiting = [module]
    while waiting:
        name = waiting.pop()
        spec = None if name in found else importlib.util.find_spec(name)
        if spec is not None and spec.origin is not None:
            found[name] = Path(spec.origin).read_bytes()
            waiting += [other for other in _imports(found[name]) if other.startswith(OWN)]
    digest = hashlib.sha256()
    for name in sorted(found):
        digest.update(f"{name}\0{hashlib.sha256(found[name]).hexdigest()}\n".encode())
    return digest.hexdigest()


def _imports(source: bytes) -> set[str]:
    nodes = list(ast.walk(ast.parse(source)))
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    return plain | {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module}


def _artifact_files(name: str, inputs: MeasuringInputs) -> list[tuple[str, str]]:
    """Path and hash of the files of one artifact, each as the manifest says."""
    stated = {file.path: file.sha256 for file in inputs.manifest.files}
    place = inputs.artifacts / name
    paths = [f"{name}/{inner}" for inner in plain_files(place)] if place.is_dir() else []
    paths += [name] if place.is_file() else []
    found = [(path, _hash(inputs.artifacts / path)) for path in paths]
    changed = [path for path, digest in found if stated.get(path) != digest]
    if changed:
        raise InternalFault("GR510", f"The artifact {changed[0]} is not as the manifest says.")
    return found


def _folder_files(folder: Path) -> list[tuple[str, str]]:
    # a Hub's snapshot folder may hold links into its store: they are ours, so they are followed
    files: Iterable[Path] = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return [(path.relative_to(folder).as_posix(), _hash(path)) for path in files]


def _hash(path: Path) -> str:
    state = path.stat()
    return _hash_of(str(path), state.st_size, state.st_mtime_ns)


@functools.lru_cache(maxsize=512)
def _hash_of(path: str, size: int, modified: int) -> str:
    """The hash of a file; size and time are there so that a changed file is read again."""
    del size, modified
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@functools.cache
def library_versions() -> dict[str, str]:
    """Return the versions of the packages that can change a number, by name; empty for one that is not there."""
    found: dict[str, str] = {}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = ""
    return found


def _text(value: Any) -> str:
    try:
        return json.dumps(value, sort_keys=True, allow_nan=False)
    except (TypeError, ValueError) as exc:
        raise InternalFault("GR504", f"A measurement returned something that JSON cannot hold: {exc}.") from exc


def _text_hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def prune(folder: Path, pattern: str, most: int) -> None:
    """Remove the oldest entries of a folder.

    Args:
        folder: where they are.
        pattern: of their names.
        most: how many are kept.
    """
    ages: list[tuple[float, Path]] = []
    for path in folder.glob(pattern):
        with contextlib.suppress(FileNotFoundError):  # somebody else has removed it
            ages.append((path.lstat().st_mtime, path))
    for _, path in sorted(ages)[: max(0, len(ages) - most)]:
        path.unlink(missing_ok=True)
