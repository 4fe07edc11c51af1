"""Makes, writes and reads the list of what was collected; its presence means that the run is whole."""

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path

from grader.model.artifact import ArtifactFile, ArtifactManifest, Refusal
from grader.model.files import read_json, write_json

#: Name of the file in a run folder.
MANIFEST = "manifest.json"


def make_manifest(run_id: str, files: Iterable[ArtifactFile], refused: Sequence[Refusal]) -> ArtifactManifest:
    """List what was collected.

    Args:
        run_id: the run.
        files: what was copied out.
        refused: what was not, and why.

    Returns:
        The manifest, its files sorted by path and its hash over them.
    """
    ordered = tuple(sorted(files, key=lambda file: file.path))
    lines = "".join(f"{file.sha256}  {file.path}\n" for file in ordered)
    return ArtifactManifest(
        run_id=run_id,
        files=ordered,
        refused=tuple(refused),
        total_bytes=sum(file.size_bytes for file in ordered),
        sha256=hashlib.sha256(lines.encode()).hexdigest(),
    )


def write_manifest(run_folder: Path, manifest: ArtifactManifest) -> None:
    """Write manifest.json by rename: the last step of a run.

    Args:
        run_folder: the run.
        manifest: what `collect` returned.

    Raises:
        InternalFault: GR507, the file could not be written.
    """
    write_json(run_folder / MANIFEST, manifest)


def read_manifest(run_folder: Path) -> ArtifactManifest:
    """Read manifest.json.

    Args:
        run_folder: the run.

    Returns:
        The manifest.

    Raises:
        UsageFault: GR103, the run is not whole.
        InternalFault: GR510, the file is damaged.
    """
    return read_json(run_folder / MANIFEST, ArtifactManifest)
