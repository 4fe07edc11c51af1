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
    module: str
    """File name of the module."""
    hidden: bool = False
    bonus: bool = False
    needs: tuple[str, ...] = ()
    reveal: Reveal = "full"
    hint: str = ""
    cell: str = ""
    """Tag of the exercise cell that the check reads."""
    needs_gpu: bool = False


@dataclass(frozen=True)
class EvidenceRow:
    """One row of the table *you report / required / we measured*."""

    label: str
    measured: str | float | int | bool | None = None
    required: str = ""
    """In words, such as `at least 0.90`."""
    claimed: str | float | int | bool | None = None
    unit: str = ""
    met: bool | None = None
    """None for a row that only informs."""
    sentence: str = ""
    hint: str = ""


@dataclass(frozen=True)
class Plot:
    """Data of one small chart; reporting draws it and writes its text twin."""

    kind: Literal["curve", "bars", "confusion", "slices"]
    title: str
    data: dict[str, Any]
    """By kind. curve: {x_label, y_label, series: [{name, points: [[x, y]]}]};
    bars: {unit, bars: [{name, value, parts?: [{name, value}]}], limit?: {name, value}};
    confusion: {labels, counts}; slices: {unit, slices: [{name, value, n, low?, high?}]}."""


@dataclass(frozen=True)
class Verdict:
    """The answer of one check: an entry of `verdicts.json`."""

    check: DeclaredCheck
    status: VerdictStatus
    fraction: float | None
    """0 to 1 of the check's points; None when there is no verdict and the points leave the total."""
    message: str = ""
    """For the student, by `reveal` still unfiltered."""
    hint: str = ""
    waits_for: tuple[str, ...] = ()
    """Ids of the checks that had to pass first."""
    rows: tuple[EvidenceRow, ...] = ()
    plots: tuple[Plot, ...] = ()
    staff: str = ""
    """Traceback and expected values: never shown to students."""
    mistake: str = ""
    """Name of the usual mistake that the evidence shows, such as `tokenizer-mismatch`."""
    seconds: float = 0.0


@dataclass(frozen=True)
class Verdicts:
    """`verdicts.json`: one verdict for every declared check, in the author's order."""

    run_id: str
    lab_id: str
    verdicts: tuple[Verdict, ...]
    checks_sha256: str
    device: str = "cpu"
    seconds: float = 0.0
    versions: dict[str, str] = field(default_factory=dict[str, str])
    schema: str = "grader.verdicts/1"
