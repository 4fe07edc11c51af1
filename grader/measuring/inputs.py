"""What a measuring function is given: the artifacts, the bases, the data."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from grader.model.artifact import ArtifactManifest


@dataclass(frozen=True)
class MeasuringInputs:
    """Where the things are that measurements read, and where they may be remembered."""

    artifacts: Path
    """The collected files of the run."""
    manifest: ArtifactManifest
    bases: Mapping[str, Path]
    """Plain folders with the files of Hub repositories, by id; a data set's id starts with `datasets/`."""
    checks_root: Path
    """checks/<track>: data files are named relative to it."""
    cache_dir: Path
    seed: int
    """The run's seed."""
    device: str
    """`cpu` or `cuda`."""
