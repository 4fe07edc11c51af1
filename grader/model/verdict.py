"""The answer of one check, with its evidence."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

Reveal = Literal["full", "hint", "title", "score"]
"""What a student may read of a check: everything; title and hint; title; only that its points count."""


class VerdictStatus(StrEnum):
    """The five verdicts."""

    PASSED = "passed"
    PARTLY = "partly"
    FAILED = "failed"
    NOT_JUDGED = "not judged"
    OUR_FAULT = "our fault"


@dataclass(frozen=True)
class DeclaredCheck:
    """A check as its module declares it, known before anything runs."""

    id: str
    """Function name, unique in the lab."""
    title: str
    """First line of the docstring: the sentence that the student reads."""
    points: float
    """What it is worth."""
    module: str
    """File name of the module."""
    hidden: bool = False
    """Whether students have no copy of it."""
    bonus: bool = False
    """Whether its points come on top of the lab's."""
    needs: tuple[str, ...] = ()
    """Ids of the checks that must pass first."""
    reveal: Reveal = "full"
    """What a student may read of it."""
    hint: str = ""
    """What to try when it is not met."""
    cell: str = ""
    """Tag of the exercise cell that the check reads."""
    needs_gpu: bool = False
    """Whether it is judged only where there is a GPU."""


@dataclass(frozen=True)
class EvidenceRow:
    """One row of the table *you report / required / we measured*."""

    label: str
    """What the row is about."""
    measured: str | float | int | bool | None = None
    """What the grader measured."""
    required: str = ""
    """In words, such as `at least 0.90`."""
    claimed: str | float | int | bool | None = None
    """What the student's file says."""
    unit: str = ""
    """Unit of both values."""
    met: bool | None = None
    """None for a row that only informs."""
    sentence: str = ""
    """The row in words."""
    hint: str = ""
    """What to try when it is not met."""


@dataclass(frozen=True)
class Plot:
    """Data of one small chart; reporting draws it and writes its text twin."""

    kind: Literal["curve", "bars", "confusion", "slices"]
    """Which chart."""
    title: str
    """What it shows."""
    data: dict[str, Any]
    """By kind. curve: {x_label, y_label, series: [{name, points: [[x, y]]}]};
    bars: {unit, bars: [{name, value, parts?: [{name, value}]}], limit?: {name, value}};
    confusion: {labels, counts}; slices: {unit, slices: [{name, value, n, low?, high?}]}."""


@dataclass(frozen=True)
class Verdict:
    """The answer of one check: an entry of `verdicts.json`."""

    check: DeclaredCheck
    """The check that was judged."""
    status: VerdictStatus
    """One of the five verdicts."""
    fraction: float | None
    """0 to 1 of the check's points; None when there is no verdict and the points leave the total."""
    message: str = ""
    """For the student, by `reveal` still unfiltered."""
    hint: str = ""
    """The next step, for the student."""
    waits_for: tuple[str, ...] = ()
    """Ids of the checks that had to pass first."""
    rows: tuple[EvidenceRow, ...] = ()
    """The table *you report / required / we measured*."""
    plots: tuple[Plot, ...] = ()
    """Data of small charts."""
    staff: str = ""
    """Traceback and expected values: never shown to students."""
    mistake: str = ""
    """Name of the usual mistake that the evidence shows, such as `tokenizer-mismatch`."""
    seconds: float = 0.0
    """How long the check took."""


@dataclass(frozen=True)
class Verdicts:
    """`verdicts.json`: one verdict for every declared check, in the author's order."""

    run_id: str
    """The run that was judged."""
    lab_id: str
    """The lab."""
    verdicts: tuple[Verdict, ...]
    """One for every declared check, in the author's order."""
    checks_sha256: str
    """Of the sources of all checks and measurements."""
    device: str = "cpu"
    """Where the measurements ran: `cpu` or `cuda`."""
    seconds: float = 0.0
    """How long all checks took."""
    versions: dict[str, str] = field(default_factory=dict[str, str])
    """Python and the packages that judged."""
    schema: str = "grader.verdicts/1"
    """Name and version of this format."""
