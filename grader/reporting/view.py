"""A grade becomes the page of its reader: header, banner, next step, checks, resources, stamp."""

from collections.abc import Sequence

from grader.model.grade import Adjustment, Grade
from grader.model.safe_text import one_line
from grader.reporting import words
from grader.reporting.checks_view import check_views, counts, groups
from grader.reporting.figures import moment, points
from grader.reporting.page import CheckView, Count, Header, Page
from grader.reporting.public import public_grade
from grader.reporting.run_view import banner, files, meters, next_step, slowest_cells, stamp


def page_view(grade: Grade, *, staff: bool = False) -> Page:
    """Return everything that a report says.

    Args:
        grade: as grading made it, unfiltered.
        staff: show hidden checks, tracebacks and flags.

    Returns:
        Plain data; all text of students is printable, none of it is escaped for a format.
    """
    shown = grade if staff else public_grade(grade)
    checks = check_views(shown, staff=staff)
    return Page(
        staff=staff,
        header=_header(shown, checks),
        notices=_notices(shown),
        flags=tuple(f"{one_line(flag.code, 12)} {one_line(flag.message, 600)}" for flag in shown.flags),
        banner=banner(shown, checks),
        next=next_step(shown, checks),
        groups=groups(checks),
        meters=meters(shown.run),
        cells=slowest_cells(shown.run),
        files=files(shown),
        command=one_line(shown.stamp.command, 300),
        stamp=stamp(shown),
        appeal=one_line(shown.stamp.appeal, 80),
        kept=words.KEPT.format(run=one_line(shown.run_id, 80)),
    )


def _header(grade: Grade, checks: Sequence[CheckView]) -> Header:
    found = counts(grade, checks)
    return Header(
        lab_id=one_line(grade.lab.id, 40),
        lab_title=one_line(grade.lab.title, 120),
        lab_version=one_line(grade.lab.version, 40),
        student=one_line(grade.submission.student_id, 120) or "–",
        graded=moment(grade.graded),
        run_id=one_line(grade.run_id, 80),
        score=points(grade.score),
        possible=points(grade.possible),
        counts=found,
        summary=", ".join(f"{entry.count} {entry.status.counted}" for entry in found),
        notes=_notes(grade, found),
        adjustments=tuple(_adjustment(entry) for entry in grade.adjustments),
        unsandboxed=not grade.stamp.sandboxed,
    )


def _notes(grade: Grade, found: Sequence[Count]) -> tuple[str, ...]:
    notes: list[str] = []
    if not grade.verdicts:
        notes.append(words.NO_CHECKS)
    elif grade.possible <= 0 and not any(entry.status is words.PASSED for entry in found):
        notes.append(words.NOTHING_JUDGED)
    here = sum(verdict.check.points for verdict in grade.verdicts if not verdict.check.bonus)
    away = max(grade.total - here, 0.0) if grade.verdicts else 0.0
    unjudged = grade.total - grade.possible - away
    if away > 0.005 and grade.possible > 0:
        notes.append(words.checks_away(points(away), points(grade.total)))
    if unjudged > 0.005 and grade.possible > 0:
        notes.append(words.not_counted(points(unjudged), points(grade.total)))
    if grade.bonus > 0:
        notes.append(words.bonus(points(grade.bonus)))
    hidden = [verdict for verdict in grade.verdicts if verdict.check.hidden and verdict.fraction is not None]
    if hidden:
        lost = [verdict for verdict in hidden if (verdict.fraction or 0.0) < 1]
        missing = sum(verdict.check.points * (1 - (verdict.fraction or 0.0)) for verdict in lost)
        notes.append(words.hidden_summary(len(lost), len(hidden), points(missing)))
    return tuple(notes)


def _adjustment(entry: Adjustment) -> str:
    change = f"{'+' if entry.points > 0 else '−'}{points(abs(entry.points))}"
    why = f" {one_line(entry.why, 300)}" if entry.why else ""
    return words.adjustment(one_line(entry.what, 160), change, one_line(entry.by, 80), moment(entry.when)) + why


def _notices(grade: Grade) -> tuple[str, ...]:
    machine = [notice for notice in grade.run.notices if notice.code.startswith("GR6")]
    told = [
        f"{one_line(n.message, 400)} {one_line(n.hint, 400)}".strip() for n in (*machine, *grade.submission.notices)
    ]
    refused = [
        words.refused(one_line(entry.path, 120), one_line(entry.reason, 300), one_line(entry.code, 8))
        for entry in grade.manifest.refused[:20]
    ]
    return (*told, *refused)
