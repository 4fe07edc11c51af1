"""A grade as the lines that a terminal shows: plain text, nothing in it that could move a cursor."""

import textwrap
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from grader.model.grade import Grade
from grader.model.quantities import duration, size
from grader.model.run import RunResult
from grader.model.safe_text import log_line, one_line
from grader.reporting import words
from grader.reporting.figures import points
from grader.reporting.page import Banner, CheckView, Page
from grader.reporting.view import page_view

Tone = Literal["plain", "title", "quiet", "good", "warn", "bad"]

_COLUMN = 41
_EDGE = 74
_STAFF_LINES = 12
_TONES: dict[str, Tone] = {"partly": "warn", "failed": "bad", "our-fault": "warn", "passed": "good"}


@dataclass(frozen=True)
class Line:
    """One line and how it may be coloured; the text says everything without colour."""

    text: str
    tone: Tone = "plain"


def terminal_lines(grade: Grade, *, report: str = "", width: int = 100, staff: bool = False) -> tuple[Line, ...]:
    """Return what `grader grade` prints about one grade.

    Args:
        grade: as grading made it; filtered for its reader here.
        report: path of the HTML report, as it is to be shown; empty for none.
        width: columns to wrap sentences at.
        staff: show hidden checks, why a check broke, and flags.

    Returns:
        Lines without control characters, markup or commands of CI; print them without interpreting any.
    """
    page = page_view(grade, staff=staff)
    checks = sorted((check for group in page.groups for check in group.checks), key=lambda check: check.number)
    unmet = [check for check in checks if check.status is not words.PASSED]
    lines = [*_stages(grade, page, len(checks), len(unmet))]
    if page.banner:
        lines += _banner(page.banner, grade.run, width)
    if not (page.banner and page.banner.ours):
        lines += _checks(unmet, page.appeal, width)
    told = (*page.notices, *page.flags, *page.header.adjustments, *page.header.notes)
    lines += [Line(text, "quiet") for note in told for text in _wrapped(note, width, "  ")]
    if page.header.unsandboxed:
        warning = f"! {words.UNSANDBOXED}: {words.UNSANDBOXED_SHORT}"
        lines += [Line(text, "warn") for text in _wrapped(warning, width, "  ")]
    lines += _result(grade, page, (report, width), bool(unmet) or page.banner is not None)
    return tuple(Line(log_line(line.text), line.tone) for line in lines)


def _stages(grade: Grade, page: Page, checks: int, unmet: int) -> list[Line]:
    run, header = grade.run, page.header
    ran = sum(cell.status == "ok" for cell in run.cells)
    cells = len(grade.submission.cells)
    name = one_line(grade.submission.file_name, 60)
    rows = (
        (
            f"{words.LAB} {header.lab_id} · {header.lab_title}",
            words.terminal_lab(header.lab_version, run.seed, one_line(grade.stamp.device, 40)),
        ),
        (f"  {words.READ:8}{name}", f"{words.plural(cells, 'cell')}, {size(grade.submission.size_bytes)}"),
        (
            f"  {words.RUN:8}{ran} {words.OF} {words.plural(len(run.cells), 'cell')}",
            f"{duration(run.wall_seconds)} · {words.PEAK} {size(run.peak_memory_bytes)}",
        ),
        (f"  {words.CHECK:8}{checks - unmet} {words.OF} {checks} {words.MET.word}", ""),
    )
    column = max(_COLUMN, *(_cells(left) + 2 for left, _ in rows))
    first, *others = [(_pad(left, column) + right).rstrip() for left, right in rows]
    return [Line(first, "title"), *(Line(text) for text in others)]


def _banner(stop: Banner, run: RunResult, width: int) -> list[Line]:
    head = f"! {stop.code}" if stop.code.startswith("GR6") else f"✗ {stop.code}"
    first = next((cell.first_line for cell in run.cells if cell.number == run.stopped_at), "")
    where = f'[cell {run.stopped_at}: "{one_line(first, 32)}"]' if run.stopped_at else ""
    tone: Tone = "warn" if stop.ours else "bad"
    start = f"{_pad(head, 9)}{stop.message}"
    if where and _cells(start) + 2 + _cells(where) <= width:
        lines = [Line(_pad(start, min(_EDGE + 1, width - _cells(where))) + where, tone)]
    else:
        said = _wrapped(stop.message, width, " " * 9)
        lines = [Line(_pad(head, 9) + said[0].strip(), tone), *(Line(text, tone) for text in said[1:])]
        lines += [Line(f"{' ' * 9}{where}", tone)] if where else []
    rest = (stop.detail, stop.judged, f"{words.TRY_SHORT}: {stop.cure}")
    return [*lines, *(Line(text) for part in rest if part for text in _wrapped(part, width, " " * 9))]


def _checks(unmet: Sequence[CheckView], appeal: str, width: int) -> list[Line]:
    if not unmet:
        return []
    edge = min(width, max(_EDGE, *(_cells(one.title) + _cells(one.score) + 8 for one in unmet)))
    others = [one for one in unmet if one.status is words.NOT_REACHED]  # for one reason, that is said once
    lines = [line for one in unmet if one not in others for line in _check(one, appeal, edge, width)]
    lines += [_head(one, edge) for one in others]
    return [*lines, *(Line(text) for one in others[:1] for text in _wrapped(one.message, width, "    "))]


def _head(check: CheckView, edge: int) -> Line:
    room = edge - _cells(check.score) - 6
    title = check.title if _cells(check.title) <= room else one_line(check.title, max(room // 2, 20))
    head = _pad(f"  {check.status.icon} {title}", edge - _cells(check.score)) + check.score
    return Line(head, _TONES.get(check.status.key, "quiet"))


def _check(check: CheckView, appeal: str, edge: int, width: int) -> list[Line]:
    said = [check.message]
    if check.waits_for:
        said.append(f"{words.WAITS}: {', '.join(other.title for other in check.waits_for)}.")
    if check.hint:
        said.append(f"{words.TRY}: {check.hint}")
    if check.status is words.OUR_FAULT and not check.staff:
        said.append(f"{words.SEND}: {appeal}")
    lines = [_head(check, edge)]
    lines += [Line(text) for part in said if part for text in _wrapped(part, width, "    ")]
    return [*lines, *(Line(text, "quiet") for text in _staff(check.staff, width))]


def _staff(text: str, width: int) -> list[str]:
    """The end of a traceback, which says what happened; all of it is on the staff page."""
    told = [line for line in text.splitlines() if line.strip(" ^~")]
    return [piece for line in told[-_STAFF_LINES:] for piece in _wrapped(line, width, "    | ")]


def _result(grade: Grade, page: Page, where: tuple[str, int], unmet: bool) -> list[Line]:
    report, width = where
    score = f"{points(grade.score)} / {points(grade.possible)} {words.POINTS}"
    told = f"{words.REPORT_AT}: {one_line(report, 400)}" if report else ""
    if not unmet:
        return [Line(f"{score}.   {told}".rstrip(), "good")]
    counted = [f"{entry.count} {entry.status.counted}" for entry in page.header.counts]
    open_counts = counted[1:] if page.header.counts and page.header.counts[0].status is words.PASSED else counted
    lines = [Line(" · ".join((score, *open_counts)), "title")]
    next_lines = _wrapped(f"{words.NEXT_IS}: {_next(grade, page)}", width, "")
    return [*lines, *([Line(told)] if told else []), *(Line(text) for text in next_lines)]


def _next(grade: Grade, page: Page) -> str:
    step = page.next
    if step.action == words.NEXT.ours:
        return words.NEXT_SEND.format(appeal=page.appeal)
    if not step.title:
        return step.action
    what = words.fix_check(one_line(step.title, 60)) if step.anchor.startswith("check-") else step.title
    return f"{what[:1].lower()}{what[1:]}, {words.again(duration(grade.run.wall_seconds))}."


def _wrapped(text: str, width: int, indent: str) -> list[str]:
    pieces = [
        piece
        for line in text.expandtabs(4).split("\n")
        for piece in textwrap.wrap(line, width, initial_indent=indent, subsequent_indent=indent)
    ]
    return pieces or [indent]


def _pad(text: str, column: int) -> str:
    """Fill with spaces up to a column, at least one."""
    return text + " " * max(1, column - _cells(text))


def _cells(text: str) -> int:
    """Return how many columns a terminal gives to text: two to a wide character, none to a combining one."""
    wide = sum(unicodedata.east_asian_width(character) in {"W", "F"} for character in text)
    return len(text) + wide - sum(unicodedata.combining(character) > 0 for character in text)
