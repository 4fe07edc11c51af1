"""Classes of any size, made without running anything: the same for the same number."""

import random
from dataclasses import replace

from grader.model.grade import Grade
from grader.model.overview import Entry
from grader.model.run import RunStatus
from grader.model.verdict import Verdict, VerdictStatus
from tests.fakes import grades

NAMES = ("Ada Lovelace", "Grace Hopper", "عمر خيام", "田中 花子", "<b>Bob</b>", "=cmd|' /C calc'!A0", "O'Brien, Zoë")


def graded(number: int, strength: float, dice: random.Random) -> Grade:
    """A grade whose verdicts follow a student's strength between 0 and 1."""
    base = grades.failing()
    verdicts = tuple(_verdict(verdict, strength, dice) for verdict in base.verdicts)
    points = sum(verdict.check.points * (verdict.fraction or 0) for verdict in verdicts)
    run = replace(base.run, run_id=f"2.5.4-{number:06x}", wall_seconds=30 + 60 * dice.random())
    submission = replace(base.submission, student_id=f"s{number:04d}")
    return replace(
        base, run_id=run.run_id, run=run, submission=submission, verdicts=verdicts, score=points, adjustments=()
    )


def _verdict(verdict: Verdict, strength: float, dice: random.Random) -> Verdict:
    if dice.random() < strength:
        return replace(verdict, status=VerdictStatus.PASSED, fraction=1.0, message="", rows=())
    rows = tuple(
        replace(row, claimed=0.9 + 0.05 * dice.random(), measured=0.7 + 0.2 * dice.random(), met=False)
        for row in verdict.rows
    )
    return replace(
        verdict,
        status=VerdictStatus.FAILED,
        fraction=0.0,
        rows=rows,
        message=f"Accuracy: {dice.random():.3f} measured.",
    )


def class_of(size: int) -> list[Entry]:
    """A class with strong and weak students, some without a grade."""
    dice = random.Random(size)
    return [_entry(number, dice) for number in range(size)]


def _entry(number: int, dice: random.Random) -> Entry:
    student, name = f"s{number:04d}", NAMES[number % len(NAMES)]
    if number % 17 == 11:
        return Entry(student, "missing", name)
    if number % 23 == 13:
        return Entry(student, "refused", name, attempts=1, code="GR301", message="lab.ipynb is not a notebook.")
    grade = graded(number, dice.random(), dice)
    if number % 29 == 7:
        grade = replace(grade, run=replace(grade.run, status=RunStatus.STOPPED, code="GR401", message="600 s."))
    return Entry(
        student,
        "graded",
        name,
        section="AB"[number % 2],
        points=grade.score,
        possible=grade.possible,
        late_seconds=3600 if number % 9 == 0 else 0,
        attempts=1,
        run_id=grade.run_id,
        page=f"{grade.run_id}/report.html",
        grade=grade,
    )
