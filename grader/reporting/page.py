"""What a report says, as plain data: the one model behind HTML, Markdown and the terminal."""

from dataclasses import dataclass

from grader.model.verdict import Plot
from grader.reporting.words import Status


@dataclass(frozen=True)
class Count:
    """How many checks are in one state."""

    status: Status
    count: int
    points: float
    """Points of these checks."""


@dataclass(frozen=True)
class Header:
    """The first thing that a student sees."""

    lab_id: str
    lab_title: str
    lab_version: str
    student: str
    graded: str
    run_id: str
    score: str
    possible: str
    counts: tuple[Count, ...]
    """In the order of the groups, without empty ones."""
    summary: str
    """The counts as a sentence: `2 passed, 1 partly, 2 not yet`."""
    notes: tuple[str, ...]
    """Bonus, points that were not judged, hidden checks."""
    adjustments: tuple[str, ...]
    """Each change of the score that no check made, in words."""
    unsandboxed: bool


@dataclass(frozen=True)
class Banner:
    """Why a run did not end."""

    title: str
    code: str
    where: str
    """The cell in the student's numbering, or empty."""
    anchor: str
    message: str
    detail: str
    """The last line of the exception, or empty."""
    judged: str
    cure: str
    ours: bool


@dataclass(frozen=True)
class NextStep:
    """The one thing to do."""

    title: str
    """The check or the cell that it is about; empty when nothing is left."""
    anchor: str
    action: str


@dataclass(frozen=True)
class Row:
    """One row of the evidence table, every value as printable text."""

    label: str
    claimed: str
    required: str
    measured: str
    met: Status
    sentence: str


@dataclass(frozen=True)
class Waits:
    """A check that had to pass first."""

    title: str
    anchor: str


@dataclass(frozen=True)
class CheckView:
    """One check with all that may be said of it."""

    number: int
    """In the author's order, from 1."""
    anchor: str
    status: Status
    title: str
    earned: str
    """Points earned; empty when there is no verdict."""
    points: str
    message: str
    hint: str
    """The next step: the author's words, else those for the usual mistake that the evidence shows."""
    waits_for: tuple[Waits, ...]
    rows: tuple[Row, ...]
    claims: bool
    """Whether any row holds a claim: else the column is left out."""
    plots: tuple[Plot, ...]
    cell: int
    """The student's number of the exercise cell; 0 when the check names none."""
    hidden: bool
    bonus: bool
    staff: str
    reveal: str
    """What the student sees of it, for the staff page; empty on the student's."""

    @property
    def score(self) -> str:
        """`3.2 / 4`, or `not judged`."""
        return f"{self.earned} / {self.points}" if self.earned else self.status.word.lower()

    @property
    def details(self) -> bool:
        """Whether there is more to say than the title."""
        said = self.message, self.hint, self.waits_for, self.rows, self.plots, self.staff
        return any(said)


@dataclass(frozen=True)
class Group:
    """The checks of one state, in the author's order."""

    status: Status
    checks: tuple[CheckView, ...]


@dataclass(frozen=True)
class Meter:
    """One resource against its limit."""

    name: str
    used: str
    limit: str
    share: float | None
    """0 to 1 of the limit; None without a limit."""


@dataclass(frozen=True)
class CellTime:
    """Where the time of a run went."""

    number: int
    first_line: str
    seconds: float


@dataclass(frozen=True)
class StampLine:
    """One line of *Reproduce this*."""

    name: str
    value: str


@dataclass(frozen=True)
class Page:
    """A whole report, without the notebook."""

    staff: bool
    header: Header
    notices: tuple[str, ...]
    """Remarks of intake and refused artifacts."""
    flags: tuple[str, ...]
    """For staff alone."""
    banner: Banner | None
    next: NextStep
    groups: tuple[Group, ...]
    meters: tuple[Meter, ...]
    cells: tuple[CellTime, ...]
    """The cells that took longest, longest first."""
    files: tuple[StampLine, ...]
    """Collected artifacts with their sizes."""
    command: str
    stamp: tuple[StampLine, ...]
    appeal: str
    kept: str
