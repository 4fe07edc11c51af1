"""The grade: the one object that every report and export is a projection of."""

from dataclasses import dataclass, field

from grader.model.artifact import ArtifactManifest
from grader.model.run import RunResult
from grader.model.submission import Submission
from grader.model.verdict import Verdict


@dataclass(frozen=True)
class GradedLab:
    """The part of a lab that a grade keeps."""

    id: str
    title: str
    version: str
    checks_sha256: str
    points: float
    bonus: float = 0.0


@dataclass(frozen=True)
class Adjustment:
    """A change of the score that no check made."""

    what: str
    points: float
    by: str
    when: str
    why: str


@dataclass(frozen=True)
class Stamp:
    """What it takes to do this again."""

    grader_version: str
    command: str
    appeal: str
    """`GR-2.5.4-9f3c1a`: finds the run."""
    versions: dict[str, str]
    device: str
    hub_snapshot: str
    sandboxed: bool


@dataclass(frozen=True)
class Flag:
    """Something a person should look at."""

    code: str
    message: str


@dataclass(frozen=True)
class Grade:
    """`grade.json`, schema `grader.grade/1`."""

    run_id: str
    score: float
    """Points earned, bonus included, after adjustments."""
    possible: float
    """Points that could be judged: those of our faults and of unjudged checks are left out."""
    total: float
    """Points of the lab."""
    bonus: float
    """Points of `score` that are bonus."""
    submission: Submission
    lab: GradedLab
    run: RunResult
    manifest: ArtifactManifest
    verdicts: tuple[Verdict, ...]
    stamp: Stamp
    adjustments: tuple[Adjustment, ...] = ()
    flags: tuple[Flag, ...] = ()
    counts: dict[str, int] = field(default_factory=dict[str, int])
    """Verdicts by status."""
    graded: str = ""
    """ISO 8601 with zone."""
    schema: str = "grader.grade/1"
