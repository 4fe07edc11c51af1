"""What came of a batch or of judging again, for people and for scripts."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from grader.checking.grouping import Together
from grader.codes import CODES
from grader.gradebook.book import Gradebook
from grader.gradebook.grades import Standing
from grader.grading import exit_code
from grader.model.grade import Grade
from grader.model.verdict import Verdict
from grader.wiring.class_plan import Plan

FailOn = Literal["fault", "ungraded", "unmet", "nothing"]
#: What each wish counts, the most serious first: ours, the machine, stopped runs, refused files, unmet checks.
_COUNTED: dict[FailOn, tuple[int, ...]] = {
    "nothing": (),
    "fault": (5, 6),
    "ungraded": (5, 6, 4, 3),
    "unmet": (5, 6, 4, 3, 1),
}


@dataclass(frozen=True)
class Flagged:
    """What a person should look at before the grades of some students count."""

    lab_id: str
    """The lab."""
    code: str
    """Code of the flag."""
    message: str
    """Its sentence; the code's title where students have different ones."""
    students: tuple[str, ...]
    """Whose grades carry it."""


@dataclass(frozen=True)
class BatchResult:
    """`grader.batch/1`."""

    counts: dict[str, int]
    """Students by state, over all labs of the batch."""
    standings: tuple[Standing, ...]
    """Every student in every lab of the batch."""
    failures: dict[str, str]
    """Why jobs have no result, by job."""
    plan: Plan
    """What was found and planned."""
    finished: bool
    """False when it was interrupted; the same command goes on."""
    seconds: float
    """How long it took."""
    exit: int
    """The exit code."""
    flags: tuple[Flagged, ...] = ()
    """Flags of the grades that count, by lab and code."""
    together: tuple[Together, ...] = ()
    """What was measured for many runs at once, by lab."""
    schema: str = "grader.batch/1"
    """Name and version of this format."""


@dataclass(frozen=True)
class Change:
    """What judging again changed for one student."""

    student: str
    """The student."""
    lab_id: str
    """The lab."""
    before: float
    """Points before."""
    after: float
    """Points now."""
    why: tuple[str, ...]
    """One sentence for each check that changed."""


def batch_result(
    book: Gradebook,
    plan: Plan,
    failures: Mapping[str, str],
    fail_on: FailOn,
    *,
    finished: bool,
    seconds: float,
    together: Sequence[Together] = (),
) -> BatchResult:
    """Put the result of a batch together.

    Args:
        book: the gradebook.
        plan: of the batch.
        failures: why jobs have no result, by job.
        fail_on: what counts as failure.
        finished: whether every job was worked off.
        seconds: how long it took.
        together: what was measured for many runs at once.
    """
    standings = [entry for entry in book.standings() if entry.lab_id in plan.labs or not entry.lab_id]
    codes = {_code_of(message) for message in failures.values()}
    codes |= {3 for entry in standings if entry.state == "refused"}
    flags = flagged(_counting(book, standings, codes))
    chosen = next((code for code in _COUNTED[fail_on] if code in codes), 0)
    return BatchResult(
        counts=dict(Counter(entry.state for entry in standings)),
        standings=tuple(standings),
        failures=dict(failures),
        plan=plan,
        finished=finished,
        seconds=round(seconds, 1),
        exit=chosen if finished else 130,
        flags=tuple(flags),
        together=tuple(together),
    )


def flagged(grades: Iterable[Grade]) -> list[Flagged]:
    """Gather the flags of grades, by lab and code.

    Args:
        grades: the grades that count.
    """
    found: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for grade in grades:
        for flag in grade.flags:
            found.setdefault((grade.lab.id, flag.code), []).append((grade.submission.student_id, flag.message))
    flags: list[Flagged] = []
    for (lab_id, code), told in sorted(found.items()):
        message, *others = {message for _, message in told}
        students = tuple(dict.fromkeys(student for student, _ in told))
        flags.append(Flagged(lab_id, code, f"{CODES[code].title}." if others else message, students))
    return flags


def _counting(book: Gradebook, standings: Iterable[Standing], codes: set[int]) -> Iterator[Grade]:
    """Return the grades that count, one at a time: a class of them is large. Their exit codes are added to `codes`."""
    for entry in standings:
        if entry.state == "graded" and entry.submission_id is not None:
            grade = book.grade(entry.submission_id)
            if grade is not None:
                codes.add(exit_code(grade))
                yield grade


def changes(before: Mapping[int, Grade], after: Mapping[int, Grade]) -> list[Change]:
    """Compare grades, submission by submission; those who lost or gained most come first.

    Args:
        before: grades by submission.
        after: the same, now.
    """
    found: list[Change] = []
    for number, old in before.items():
        new = after.get(number, old)
        why = _why(old.verdicts, new.verdicts)
        if why or old.score != new.score:
            found.append(Change(new.submission.student_id, new.lab.id, old.score, new.score, why))
    return sorted(found, key=lambda change: (-abs(change.after - change.before), change.student))


def _why(before: Sequence[Verdict], after: Sequence[Verdict]) -> tuple[str, ...]:
    old = {verdict.check.id: verdict for verdict in before}
    sentences: list[str] = []
    for verdict in after:
        was = old.pop(verdict.check.id, None)
        if was is None:
            sentences.append(f"{verdict.check.id} is new: {verdict.status.value}. {verdict.message}".strip())
        elif (was.status, was.fraction, was.check.points) != (verdict.status, verdict.fraction, verdict.check.points):
            points = f", {was.check.points:g} to {verdict.check.points:g} points" * (
                was.check.points != verdict.check.points
            )
            now = f"{verdict.check.id}: {was.status.value}, now {verdict.status.value}{points}. {verdict.message}"
            sentences.append(now.strip())
    return (*sentences, *(f"{name} is gone" for name in old))


def _code_of(message: str) -> int:
    entry = CODES.get(message[:5])
    return entry.exit_code if entry is not None else 5
