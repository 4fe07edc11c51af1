"""Verdicts become the checks of a page: grouped, worded, with their evidence as text."""

from collections.abc import Mapping, Sequence

from grader.model.grade import Grade
from grader.model.run import RunResult, RunStatus
from grader.model.safe_text import one_line
from grader.model.verdict import EvidenceRow, Verdict, VerdictStatus
from grader.reporting import words
from grader.reporting.figures import evidence, points
from grader.reporting.page import CheckView, Count, Group, Row, Waits
from grader.reporting.sanitise import clip, printable

_STATUS = {
    VerdictStatus.PASSED: words.PASSED,
    VerdictStatus.PARTLY: words.PARTLY,
    VerdictStatus.FAILED: words.FAILED,
    VerdictStatus.NOT_JUDGED: words.NOT_JUDGED,
    VerdictStatus.OUR_FAULT: words.OUR_FAULT,
}
_HINTED = {words.FAILED, words.PARTLY, words.NOT_ATTEMPTED}
_MESSAGE_BYTES = 2_000
_STAFF_BYTES = 20 * 1024
_ROWS = 40


def check_views(grade: Grade, *, staff: bool) -> tuple[CheckView, ...]:
    """Return every check in the author's order.

    Args:
        grade: already filtered for its reader.
        staff: whether tracebacks and reveal levels are shown.
    """
    numbers = {verdict.check.id: index for index, verdict in enumerate(grade.verdicts, start=1)}
    titles = {verdict.check.id: one_line(verdict.check.title, 200) for verdict in grade.verdicts}
    tags = {tag: cell.number for cell in grade.submission.cells for tag in cell.tags}
    return tuple(
        _view(verdict, grade.run, (number, tags.get(verdict.check.cell, 0)), _waits(verdict, numbers, titles), staff)
        for number, verdict in enumerate(grade.verdicts, start=1)
    )


def _waits(verdict: Verdict, numbers: Mapping[str, int], titles: Mapping[str, str]) -> tuple[Waits, ...]:
    return tuple(Waits(titles[name], f"check-{numbers[name]}") for name in verdict.waits_for if name in numbers)


def _view(
    verdict: Verdict, run: RunResult, numbers: tuple[int, int], waits: tuple[Waits, ...], staff: bool
) -> CheckView:
    number, cell = numbers
    check = verdict.check
    status = _status(verdict, run, cell)
    rows = tuple(_row(row) for row in verdict.rows[:_ROWS])
    reached = status is not words.NOT_REACHED
    said = _message(verdict, status, staff) if reached else words.NOT_REACHED_MESSAGE.format(number=run.stopped_at)
    return CheckView(
        number=number,
        anchor=f"check-{number}",
        status=status,
        title=one_line(check.title, 200),
        earned="" if verdict.fraction is None else points(verdict.fraction * check.points),
        points=points(check.points),
        message=said or _unjudged(verdict, run, status, waits),
        hint=_hint(verdict) if status in _HINTED else "",
        waits_for=waits if status in {words.NOT_JUDGED, words.NOT_ATTEMPTED} else (),
        rows=rows,
        claims=any(row.claimed is not None for row in verdict.rows),
        plots=verdict.plots,
        cell=cell,
        hidden=check.hidden,
        bonus=check.bonus,
        staff=clip(printable(verdict.staff), _STAFF_BYTES).text if staff else "",
        reveal=check.reveal if staff and (check.hidden or check.reveal != "full") else "",
    )


def _status(verdict: Verdict, run: RunResult, cell: int) -> words.Status:
    """Tell an exercise that was tried from one that was never begun, and from one that the run did not come to."""
    begun = verdict.status not in {VerdictStatus.FAILED, VerdictStatus.NOT_JUDGED}
    if begun or run.stopped_at is None or cell < run.stopped_at:
        return _STATUS[verdict.status]
    if run.status is RunStatus.NOT_ATTEMPTED and cell == run.stopped_at:
        return words.NOT_ATTEMPTED
    # what it has shown all the same, such as an earlier file, says more
    return _STATUS[verdict.status] if verdict.rows or run.status is RunStatus.OUR_FAULT else words.NOT_REACHED


def _hint(verdict: Verdict) -> str:
    return _text(verdict.hint or verdict.check.hint) or words.MISTAKES.get(verdict.mistake, "")


def _unjudged(verdict: Verdict, run: RunResult, status: words.Status, waits: Sequence[Waits]) -> str:
    """Say why there is no verdict, unless a list of what it waits for or the banner of the run says so."""
    if status is not words.NOT_JUDGED or waits or run.status is RunStatus.OUR_FAULT:
        return ""
    return words.NEEDS_GPU if verdict.check.needs_gpu else words.NOT_JUDGED_MESSAGE


def _message(verdict: Verdict, status: words.Status, staff: bool) -> str:
    if verdict.check.reveal == "score" and not staff:
        return words.HIDDEN_ONLY_POINTS
    said = _text(verdict.message)
    if status is words.OUR_FAULT:
        return f"{words.OUR_FAULT_MESSAGE} {said}".rstrip() if said != words.OUR_FAULT_MESSAGE else said
    if said or status is words.PASSED:
        return said
    if status is words.NOT_ATTEMPTED:
        return words.NOT_ATTEMPTED_MESSAGE
    if status is words.NOT_JUDGED:
        return ""
    sentences = [_text(row.sentence) for row in verdict.rows if row.met is False and row.sentence]
    return sentences[0] if sentences else words.FAILED_MESSAGE


def _text(text: str) -> str:
    cut = clip(printable(text).strip(), _MESSAGE_BYTES)
    return cut.text


def _row(row: EvidenceRow) -> Row:
    return Row(
        label=one_line(row.label, 160),
        claimed=evidence(row.claimed, row.unit),
        required=one_line(row.required, 160) or "–",
        measured=evidence(row.measured, row.unit),
        met=words.INFORMS if row.met is None else words.MET if row.met else words.UNMET,
        sentence=one_line(row.sentence, 400),
    )


def groups(checks: Sequence[CheckView]) -> tuple[Group, ...]:
    """Put checks into the groups of a page, empty groups left out."""
    found = ((status, tuple(check for check in checks if check.status is status)) for status in words.GROUPS)
    return tuple(Group(status, members) for status, members in found if members)


def counts(grade: Grade, checks: Sequence[CheckView]) -> tuple[Count, ...]:
    """Count checks and their points by state, passed first."""
    points_of = {view.number: verdict.check.points for view, verdict in zip(checks, grade.verdicts, strict=True)}
    order = (words.PASSED, words.PARTLY, words.FAILED, words.NOT_ATTEMPTED, words.NOT_REACHED, words.OUR_FAULT)
    found = ((status, [check for check in checks if check.status is status]) for status in (*order, words.NOT_JUDGED))
    return tuple(Count(s, len(own), sum(points_of[check.number] for check in own)) for s, own in found if own)
