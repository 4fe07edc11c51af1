"""What a class did in one lab, in numbers: the data of the class page."""

from dataclasses import dataclass, field
from typing import Literal

from grader.model.grade import Grade

#: Notebooks that share at least this part of the smaller one's own tokens are a pair, unless somebody says otherwise. A
#: copy with other names shares nearly everything; work of one's own shares idioms. Look before you judge.
ALIKE_FROM = 0.6

State = Literal["graded", "refused", "waiting", "missing"]


@dataclass(frozen=True)
class Entry:
    """One student of the class."""

    student: str
    """Their id."""
    state: State
    """`missing`: nothing was handed in; `waiting`: not graded yet; `refused`: cannot be graded."""
    name: str = ""
    """As people write it."""
    section: str = ""
    """Group or section."""
    points: float | None = None
    """Points that count."""
    possible: float | None = None
    """Points that could be judged."""
    late_seconds: int = 0
    """How long after the due time it came."""
    attempts: int = 0
    """Submissions of the lab."""
    run_id: str = ""
    """The run that counts."""
    page: str = ""
    """Relative address of the student's report; empty when there is none."""
    code: str = ""
    """Why there is no grade, or how the run ended."""
    message: str = ""
    """The same in words."""
    grade: Grade | None = None
    """The grade that counts, with its evidence."""


@dataclass(frozen=True)
class Scores:
    """How the points are distributed, in shares of what could be judged."""

    n: int
    """Students with a grade."""
    mean: float | None
    """Share of the points, 0 to 1; null without a grade."""
    median: float | None
    """Half of the class has at most this share."""
    lower: float | None
    """A quarter of the class has at most this share."""
    upper: float | None
    """Three quarters of the class have at most this share."""
    bins: tuple[int, ...]
    """Students by tenth of the points; the last one holds full marks too."""
    missing: int
    """Students who handed in nothing."""
    refused: int
    """Submissions that cannot be graded."""
    waiting: int
    """Submissions that are not graded yet."""


@dataclass(frozen=True)
class Item:
    """One check over the class. A check that waited for another one is missing data, not a failure."""

    check: str
    """Its id."""
    title: str
    """The sentence that the student reads."""
    points: float
    """What it is worth."""
    hidden: bool
    """Whether students have no copy of it."""
    n: int
    """Students for whom it was judged, with all that it needs met."""
    passed: int
    """Of them, who met it."""
    partly: int
    """Of them, who met it in part."""
    failed: int
    """Of them, who did not."""
    blocked: int
    """Students for whom it waited for another check."""
    faults: int
    """Students for whom it broke."""
    facility: float | None
    """Mean share of its points among the judged; null when there is none."""
    discrimination: float | None
    """Pearson's correlation with the share of all other points; null below 3 students or where one of both is equal."""
    message: str
    """The most frequent message, numbers masked."""
    seconds: float
    """Median time of the check."""
    note: str
    """What the figures say: `broken`, `review`, `tells nothing` or empty."""


@dataclass(frozen=True)
class Signature:
    """One thing to say in the next lecture: a check and a message, numbers masked."""

    check: str
    """Title of the check."""
    message: str
    """The message that these students share."""
    mistake: str
    """Name of the usual mistake, where the evidence shows one."""
    students: tuple[str, ...]
    """Who has it."""


@dataclass(frozen=True)
class Claim:
    """One number that a student reports beside the one that was measured."""

    student: str
    """Who reports it."""
    label: str
    """What it is."""
    claimed: float
    """What the student's file says."""
    measured: float
    """What the grader measured."""
    met: bool
    """Whether the two agree."""


@dataclass(frozen=True)
class CellCost:
    """One cell over the class, by its first line."""

    first_line: str
    """The line by which it is recognised."""
    students: int
    """Notebooks that hold it."""
    median_seconds: float
    """Half of them took at most this."""
    most_seconds: float
    """The slowest one."""


@dataclass(frozen=True)
class Cost:
    """What grading the class cost."""

    runs: int
    """Notebooks that ran."""
    wall_seconds: float
    """Sum of their times."""
    cpu_seconds: float
    """Sum of their CPU times."""
    gpu_seconds: float
    """Sum of the times of runs on a GPU."""
    check_seconds: float
    """Sum of the times of all checks."""
    most_memory_bytes: int
    """The largest peak."""
    cells: tuple[CellCost, ...]
    """The slowest cells."""


@dataclass(frozen=True)
class Pair:
    """Two students whose work is alike: look at it. It proves nothing."""

    first: str
    """One student."""
    second: str
    """The other."""
    kind: Literal["notebook", "checkpoint"]
    """What is alike."""
    share: float
    """0 to 1: shared tokens of the smaller notebook, or cosine of what training changed."""
    lines: tuple[str, ...] = ()
    """Of notebooks: some lines that both have."""


@dataclass(frozen=True)
class Attention:
    """Something that needs a person."""

    kind: Literal["fault", "refused", "stopped", "claim", "alike"]
    """Why."""
    student: str
    """Whose it is; two names for a pair."""
    message: str
    """What it is, in words."""
    page: str = ""
    """Relative address of the student's report."""


@dataclass(frozen=True)
class ClassFacts:
    """`grader.overview/1`: everything that the class page shows."""

    lab_id: str
    """The lab."""
    title: str
    """Its title."""
    version: str
    """Its version."""
    total: float
    """Points of the lab."""
    made: str
    """ISO 8601 with zone."""
    entries: tuple[Entry, ...]
    """Every student."""
    attention: tuple[Attention, ...]
    """What needs a person, the most serious first."""
    scores: Scores
    items: tuple[Item, ...]
    """Every check, in the author's order."""
    signatures: tuple[Signature, ...]
    """The most frequent first."""
    claims: tuple[Claim, ...]
    cost: Cost
    pairs: tuple[Pair, ...] = ()
    """The most alike first."""
    notes: tuple[str, ...] = field(default_factory=tuple)
    """What was left out, and why."""
    schema: str = "grader.overview/1"
    """Name and version of this format."""
