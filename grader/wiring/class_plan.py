"""What a person asks of a batch, and what it is going to do."""

from dataclasses import dataclass
from pathlib import Path

from grader.model.artifact import Refusal


@dataclass(frozen=True)
class Asked:
    """What a person asked for."""

    places: tuple[str, ...]
    """Folders, archives and notebooks: paths, or URLs of a storage."""
    kind: str | None = None
    """What they are; else each is looked at."""
    roster: Path | None = None
    """The list of the class."""
    lab_id: str | None = None
    """The lab of every file; else each says its own."""
    profile: str = "miniature"
    """Profile to run."""
    device: str = "auto"
    """`auto`, `cpu` or `cuda`."""
    trust_times: bool = False
    """Whether the files' own times say when they were handed in."""
    only_failed: bool = False
    """Whether to do only what a fault of ours kept from a grade."""
    limit: int | None = None
    """How many submissions at most."""


@dataclass(frozen=True)
class Plan:
    """What a batch is going to do."""

    labs: tuple[str, ...]
    """Labs that files were handed in for."""
    handed_in: int
    """Files that were found."""
    keys: tuple[str, ...]
    """Jobs to do, in order."""
    kinds: tuple[str, ...]
    """What each place was taken for."""
    refused: tuple[Refusal, ...]
    """Members of archives that were not taken."""
    strangers: tuple[str, ...]
    """Students whom the roster does not name."""
