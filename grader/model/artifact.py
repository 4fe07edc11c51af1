"""What a run left behind, after collection."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ArtifactFile:
    """One plain file that was copied out."""

    path: str
    """POSIX path below `artifacts/`."""
    size_bytes: int
    sha256: str


@dataclass(frozen=True)
class Refusal:
    """Something in `output_dir` that was not copied out, and why."""

    path: str
    """Printable form of the name."""
    code: str
    reason: str


@dataclass(frozen=True)
class ArtifactManifest:
    """`manifest.json`: written last, by rename; its presence means that the run is whole."""

    run_id: str
    files: tuple[ArtifactFile, ...]
    refused: tuple[Refusal, ...]
    total_bytes: int
    sha256: str
    """Of the sorted lines `sha256  path`: equal manifests mean equal artifacts."""
    schema: str = "grader.manifest/1"
