"""How strong the checks of a lab are: what `grader validate` found out."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal


class Outcome(StrEnum):
    """What became of one wrong submission, or of one harmless change."""

    CAUGHT = "caught"
    """At least one check is not met, and a hand-made case fails exactly its list."""
    STOPPED = "stopped"
    """The changed notebook does not run to its end: that is seen before any check."""
    HARMLESS = "harmless"
    """A harmless change cost nothing, as it must."""
    ACCEPTED = "accepted"
    """No check sees it, and the author has said why."""
    SURVIVED = "survived"
    """No check sees it, and nobody has said why."""
    MISJUDGED = "misjudged"
    """A case was not judged as it must be, a harmless change cost points, or a check broke."""


@dataclass(frozen=True)
class Trial:
    """One wrong submission, or one harmless change, and what the checks made of it."""

    name: str
    """Name of the case, or of the mutant: `<file>:<place>:<what>`."""
    source: Literal["case", "artifact", "cell"]
    """Made by hand, or generated from an artifact or from the solution's code."""
    harmless: bool
    """Whether it must cost nothing."""
    outcome: Outcome
    """What became of it."""
    what: str = ""
    """The mistake, in words."""
    caught_by: tuple[str, ...] = ()
    """Checks that were judged and not met."""
    reason: str = ""
    """Why it may survive, as the author says."""
    problems: tuple[str, ...] = ()
    """How it was misjudged."""
    seconds: float = 0.0
    """Making and judging it."""


@dataclass(frozen=True)
class Proof:
    """One of the course's own notebooks, and what it earned."""

    notebook: Literal["reference", "starter", "half-done"]
    """Which notebook."""
    seed: int | None
    """The seed; None for the one that is derived."""
    expected: float
    """Points that it must earn."""
    earned: float
    """Points that it earned."""
    ok: bool
    """Whether it is as it must be."""
    problems: tuple[str, ...] = ()
    """What is not."""
    seconds: float = 0.0
    """Running and judging it; a run that is known already costs little."""


@dataclass(frozen=True)
class CheckStrength:
    """What one check catches."""

    id: str
    """Name of the check."""
    title: str
    """The sentence that the student reads."""
    points: float
    """What it is worth."""
    hidden: bool
    """Whether students have no copy of it."""
    cases: int
    """Hand-made wrong submissions that it catches."""
    mutants: int
    """Generated ones that it catches."""
    alone: int
    """Wrong submissions that only this check catches: without it, they would pass."""


@dataclass(frozen=True)
class LabStrength:
    """How strong the checks of one lab are."""

    lab_id: str
    """The lab."""
    title: str
    """Its title."""
    profile: str
    """The profile in which it was proven."""
    proofs: tuple[Proof, ...]
    """The course's own notebooks."""
    trials: tuple[Trial, ...]
    """Cases and mutants."""
    checks: tuple[CheckStrength, ...]
    """In the author's order."""
    strength: float | None
    """Share of the wrong submissions that were caught, accepted ones left out; None when none was judged."""
    bar: float
    """The least that lab.toml demands."""
    ok: bool
    """Whether everything is as it must be."""
    problems: tuple[str, ...] = ()
    """Why not, in sentences."""
    notes: tuple[str, ...] = ()
    """What was left out, in sentences."""
    seconds: float = 0.0
    """How long it took."""

    def count(self, *outcomes: Outcome) -> int:
        """Return how many trials ended so."""
        return sum(1 for trial in self.trials if trial.outcome in outcomes)

    @property
    def unneeded(self) -> tuple[CheckStrength, ...]:
        """Checks without a wrong submission that only they catch."""
        return tuple(check for check in self.checks if not check.alone)


@dataclass(frozen=True)
class StrengthReport:
    """What `grader validate --json` prints."""

    labs: tuple[LabStrength, ...]
    """One for each lab."""
    ok: bool
    """Whether every lab is as it must be."""
    seed: int
    """What drew the mutants."""
    seconds: float
    """How long everything took."""
    made: str
    """When, ISO 8601."""
    versions: dict[str, str] = field(default_factory=dict[str, str])
    """Python, the grader and the packages that judged."""
    schema: str = "grader.strength/1"
    """Name and version of this format."""
