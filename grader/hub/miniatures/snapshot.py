"""The snapshot that is shipped: the files of builds by hash, and a manifest of what they were made from."""

import hashlib
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from grader.errors import InternalFault
from grader.model.files import read_json, write_json

SNAPSHOT = Path(__file__).with_name("snapshot")
LARGEST = 25_000_000
"""Bytes of all blobs together."""


@dataclass(frozen=True)
class ShippedFile:
    """One file of a build."""

    path: str
    """POSIX path below the build's folder."""
    sha256: str
    size: int


@dataclass(frozen=True)
class ShippedBuild:
    """One build: its content key when it was made, what it measured of itself, and its files."""

    key: str
    figures: dict[str, float]
    files: tuple[ShippedFile, ...]


@dataclass(frozen=True)
class Manifest:
    """`manifest.json` of a snapshot."""

    builds: dict[str, ShippedBuild]
    schema: str = "grader.miniatures/1"


def read_manifest(root: Path = SNAPSHOT) -> Manifest:
    """Read what a snapshot holds.

    Args:
        root: folder of the snapshot.

    Returns:
        Its manifest; an empty one when there is no snapshot.

    Raises:
        InternalFault: GR510, the manifest is damaged.
    """
    path = root / "manifest.json"
    return read_json(path, Manifest) if path.exists() else Manifest({})


def unpack(build: ShippedBuild, folder: Path, root: Path = SNAPSHOT) -> None:
    """Write the files of a shipped build, each verified by its hash.

    Args:
        build: from the manifest.
        folder: an empty folder.
        root: folder of the snapshot.

    Raises:
        InternalFault: GR510, a blob is missing or has other bytes.
    """
    for file in build.files:
        blob = root / "blobs" / file.sha256
        data = blob.read_bytes() if blob.is_file() else b""
        if hashlib.sha256(data).hexdigest() != file.sha256:
            raise InternalFault(
                "GR510", f"{file.path} of the shipped snapshot is damaged.", "Restore grader/hub/miniatures/snapshot."
            )
        target = folder / file.path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)


def pack(made: Mapping[str, tuple[str, dict[str, float], Path]], root: Path = SNAPSHOT) -> Manifest:
    """Write a snapshot of builds, and remove blobs that nothing uses any more.

    Args:
        made: name -> content key, figures, folder of its files.
        root: folder of the snapshot.

    Returns:
        The manifest, which is written last.

    Raises:
        InternalFault: GR507, the blobs are more than `LARGEST` bytes.
    """
    blobs = root / "blobs"
    blobs.mkdir(parents=True, exist_ok=True)
    builds: dict[str, ShippedBuild] = {}
    for name, (key, figures, folder) in sorted(made.items()):
        files = tuple(_store(path, folder, blobs) for path in sorted(folder.rglob("*")) if path.is_file())
        builds[name] = ShippedBuild(key, figures, files)
    wanted = {file.sha256: file.size for build in builds.values() for file in build.files}
    if sum(wanted.values()) > LARGEST:
        raise InternalFault("GR507", f"The snapshot would hold {sum(wanted.values())} bytes; {LARGEST} may be shipped.")
    for blob in blobs.iterdir():
        if blob.name not in wanted:
            blob.unlink()
    manifest = Manifest(builds)
    write_json(root / "manifest.json", manifest)
    return manifest


def _store(path: Path, folder: Path, blobs: Path) -> ShippedFile:
    data = path.read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    if not (blobs / digest).exists():
        shutil.copyfile(path, blobs / digest)
    return ShippedFile(path.relative_to(folder).as_posix(), digest, len(data))
