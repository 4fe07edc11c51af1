"""The grade: the one object that every report and export is a projection of."""

from dataclasses import dataclass, field

from grader.model.artifact import ArtifactManifest
from grader.model.device import Gpu
from grader.model.run import RunResult
from grader.model.submission import Submission
from grader.model.verdict import Verdict


@dataclass(frozen=True)
class GradedLab:
    """The part of a lab that a grade keeps."""

    id: str
    """Lab id, such as `2.5.4`."""
    title: str
    """What the lab asks for."""
    version: str
    """Version of the lab that judged."""
    checks_sha256: str
    """Of the sources of all checks and measurements that judged."""
    points: float
    """Points of the lab, bonus left out."""
    bonus: float = 0.0
    """Most bonus points that count."""


@dataclass(frozen=True)
class Adjustment:
    """A change of the score that no check made."""

    what: str
    """In one or two words, such as `late`."""
    points: float
    """Points added; negative for a deduction."""
    by: str
    """Who decided, or the rule that did."""
    when: str
    """ISO 8601."""
    why: str
    """The reason, for the student."""


@dataclass(frozen=True)
class Stamp:
    """What it takes to do this again."""

    grader_version: str
    """Version of the grader that ran and judged."""
    command: str
    """The command that makes this grade again."""
    appeal: str
    """`GR-2.5.4-9f3c1a`: finds the run."""
    versions: dict[str, str]
    """Python and the packages of the notebook's environment."""
    device: str
    """`cpu` or `cuda`."""
    hub_snapshot: str
    """Id of the models and data sets that were served."""
    sandboxed: bool
    """Whether the run had the containment that an official grade needs."""
    gpu: Gpu | None = None
    """The GPU and its driver; null on the CPU."""


@dataclass(frozen=True)
class Flag:
    """Something a person should look at."""

    code: str
    """The code that `grader explain` knows."""
    message: str
    """What to look at."""


@dataclass(frozen=True)
class Grade:
    """`grade.json`, schema `grader.grade/1`."""

    run_id: str
    """The run, and the name of its folder."""
    score: float
    """Points earned, bonus included, after adjustments."""
    possible: float
    """Points that could be judged: those of our faults and of unjudged checks are left out."""
    total: float
    """Points of the lab."""
    bonus: float
    """Points of `score` that are bonus."""
    submission: Submission
    """What was handed in, as in submission.json."""
    lab: GradedLab
    """The lab that it answers."""
    run: RunResult
    """How it ran, as in run.json."""
    manifest: ArtifactManifest
    """What it left, as in manifest.json."""
    verdicts: tuple[Verdict, ...]
    """What was judged, as in verdicts.json."""
    stamp: Stamp
    """What it takes to do this again."""
    adjustments: tuple[Adjustment, ...] = ()
    """Changes of the score that no check made."""
    flags: tuple[Flag, ...] = ()
    """What a person should look at, the most serious first."""
    counts: dict[str, int] = field(default_factory=dict[str, int])
    """Verdicts by status."""
    graded: str = ""
    """ISO 8601 with zone."""
    schema: str = "grader.grade/1"
    """Name and version of this format."""
