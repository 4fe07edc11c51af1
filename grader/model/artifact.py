"""What a run left behind, after collection."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ArtifactFile:
    """One plain file that was copied out."""

    path: str
    """POSIX path below `artifacts/`."""
    size_bytes: int
    """Size in bytes."""
    sha256: str
    """SHA-256 of its bytes, as 64 hexadecimal digits."""


@dataclass(frozen=True)
class Refusal:
    """Something in `output_dir` that was not copied out, and why."""

    path: str
    """Printable form of the name."""
    code: str
    """GR313 (not a plain file) or GR408 (too much)."""
    reason: str
    """Why, in words."""


@dataclass(frozen=True)
class ArtifactManifest:
    """`manifest.json`: written last, by rename; its presence means that the run is whole."""

    run_id: str
    """The run that left the artifacts."""
    files: tuple[ArtifactFile, ...]
    """Every file that was copied out, sorted by path."""
    refused: tuple[Refusal, ...]
    """Everything that was not."""
    total_bytes: int
    """Bytes of all files together."""
    sha256: str
    """Of the sorted lines `sha256  path`: equal manifests mean equal artifacts."""
    schema: str = "grader.manifest/1"
    """Name and version of this format."""
