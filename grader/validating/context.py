"""What a case may use beside the artifacts that it changes."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class CaseContext:
    """What a case may use beside the artifacts that it changes."""

    bases: Mapping[str, Path]
    """Folder of each model and data set of the Hub, by id; data sets as `datasets/<id>`."""
    checks_root: Path
    """checks/<track>, with the hidden data."""
    cache: Path
    """A folder in which a case may keep what was dear to make, for the next time."""
    seed: int = 0
    run: Path | None = None
    """The run folder that is made of the reference run's: its notebook, its run.json, its probes.json."""
    hub: Path | None = None
    """The base of the Hub: everything that it serves."""
