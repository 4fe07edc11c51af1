"""Names a piece of work by everything that its result depends on."""

import functools
import hashlib
import json
import platform
import sys
import sysconfig
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).parents[1]


def make_key(kind: str, parts: Mapping[str, Any]) -> str:
    """Return the key of a piece of work.

    Args:
        kind: what the work is, such as `run`; two kinds never share a key.
        parts: plain JSON data, paths and dataclasses' own texts: everything that the result depends on.

    Returns:
        A hexadecimal SHA-256, the same on every machine and in every process.
    """
    return hashlib.sha256(json.dumps([kind, parts], sort_keys=True, default=str).encode()).hexdigest()


def files_sha256(paths: Iterable[Path]) -> str:
    """Return one hash over the names and contents of files; one that is not there counts as such.

    Args:
        paths: the files.
    """
    digest = hashlib.sha256()
    for path in sorted(paths):
        content = path.read_bytes() if path.is_file() else b"\0missing"
        digest.update(f"{path.name}\0{hashlib.sha256(content).hexdigest()}\n".encode())
    return digest.hexdigest()


@functools.cache
def sources_sha256(*rooms: str) -> str:
    """Return the hash of the grader's own sources in some of its rooms.

    Args:
        rooms: folders or modules below `grader/`, such as `running` or `artifacts/collect.py`.

    Returns:
        A hexadecimal SHA-256: a change of ours is a change.
    """
    found: list[Path] = []
    for room in rooms:
        place = _ROOT / room
        found += [place] if place.is_file() else sorted(place.rglob("*.py"))
    digest = hashlib.sha256()
    for path in found:
        digest.update(f"{path.relative_to(_ROOT)}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()


@functools.cache
def installed_sha256() -> str:
    """Return the hash of the interpreter and of every package that is installed beside it.

    The names of the `.dist-info` folders hold the versions: reading them costs a hundredth of reading the metadata.
    """
    names = {path.name for key in ("purelib", "platlib") for path in Path(sysconfig.get_path(key)).glob("*.dist-info")}
    own = [sys.version, platform.machine(), sys.platform]
    return hashlib.sha256("\n".join([*own, *sorted(names)]).encode()).hexdigest()
