"""A grade as Markdown: for a job summary, a chat, a pull request."""

import re
from collections.abc import Sequence

from grader.model.grade import Grade
from grader.reporting import words
from grader.reporting.charts.draw import draw
from grader.reporting.charts.drawn import Drawn, Table
from grader.reporting.page import Banner, CheckView, Header, Page, Row
from grader.reporting.sanitise import code_spans
from grader.reporting.view import page_view

# what could begin a link, a tag, emphasis, a table cell, a mention, or a workflow command
_SPECIAL = re.compile(r"([\\`*_\[\]<>#|~$@])")
_LINE_START = re.compile(r"^(\s*(?:\d+(?=\.(?:\s|$)))?)([-+=:.])")
# bare addresses become links without being asked to
_LINK_START = re.compile(r"(\bwww(?=\.)|(?<=\w)(?=://))([.:])", re.IGNORECASE)


def render_markdown(grade: Grade, staff: bool = False) -> str:
    """Return the report of a grade as GitHub-flavoured Markdown.

    Args:
        grade: as grading made it; the student's text is filtered by `reveal` here.
        staff: show hidden checks, tracebacks and flags.

    Returns:
        Text that ends with a line feed, without raw HTML and without the notebook.
    """
    page = page_view(grade, staff=staff)
    blocks = [
        *_header(page.header),
        *([words.STAFF_PAGE, *(f"- {_plain(flag)}" for flag in page.flags)] if staff else []),
        *(_banner(page.banner) if page.banner else []),
        *([f"## {words.NOTICES}", _bullets(page.notices)] if page.notices else []),
        f"## {words.DO_NEXT}",
        *([f"**{_plain(page.next.title)}**"] if page.next.title else []),
        _said(page.next.action),
        *(block for group in page.groups for block in _group(group.status, group.checks)),
        *_ending(page),
    ]
    return "\n\n".join(blocks) + "\n"


def _header(header: Header) -> list[str]:
    who = f"{_plain(header.student)} · {_plain(header.graded)} · {words.RUN} {_plain(header.run_id)}"
    stamped = f" · **{words.UNSANDBOXED}**" if header.unsandboxed else ""
    score = f"**{header.score}** {words.OF} {header.possible} {words.POINTS}"
    lines = [f"# {words.LAB} {_plain(header.lab_id)}: {_plain(header.lab_title)}", who + stamped]
    lines.append(f"{score} · {header.summary}" if header.summary else score)
    told = [*header.notes, *header.adjustments]
    return [*lines, _bullets(told)] if told else lines


def _banner(stop: Banner) -> list[str]:
    said = [f"## {stop.title}"]
    if stop.where:
        said.append(f"**{_plain(stop.where)}**")
    said.append(_said(stop.message))
    if stop.detail:
        said.append(_plain(stop.detail))
    if stop.judged:
        said.append(stop.judged)
    if stop.ours:
        said.append(f"**{words.TRY}:** {_said(stop.cure)}")
    return said


def _group(status: words.Status, checks: Sequence[CheckView]) -> list[str]:
    blocks = [f"## {status.heading} ({len(checks)})"]
    if status is words.PASSED:
        return [*blocks, "\n".join(f"- {status.icon} {_plain(one.title)} ({one.score})" for one in checks)]
    return [*blocks, *(block for check in checks for block in _check(check))]


def _check(check: CheckView) -> list[str]:
    said = [f"### {check.status.icon} {_plain(check.title)} ({check.score})"]
    if check.message:
        said.append(_said(check.message))
    if check.waits_for:
        said.append(f"{words.WAITS}: {', '.join(_plain(other.title) for other in check.waits_for)}")
    if check.hint:
        said.append(f"**{words.TRY}:** {_said(check.hint)}")
    if check.rows:
        said.append(_evidence(check.rows, check.claims))
    for number, plot in enumerate(check.plots, start=1):
        said += _twin(draw(plot, f"{check.anchor}-plot-{number}"))
    if check.cell:
        said.append(f"{words.LOOK_CELL} {check.cell}.")
    if check.staff:
        said.append("\n".join(f"    {line}" for line in check.staff.split("\n")))
    return said


def _evidence(rows: Sequence[Row], claims: bool) -> str:
    columns = (words.WHAT, *([words.REPORT] if claims else []), words.REQUIRED, words.MEASURED, words.RESULT)
    lines = [
        (row.label, *([row.claimed] if claims else []), row.required, row.measured, f"{row.met.icon} {row.met.word}")
        for row in rows
    ]
    return _table(columns, lines)


def _twin(drawn: Drawn) -> list[str]:
    said = [f"*{_plain(drawn.title)}*"]
    if isinstance(drawn.table, Table):
        said.append(_table(drawn.table.columns, drawn.table.rows))
    return [*said, *(_plain(line) for line in drawn.lines)]


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [columns, ["---"] * len(columns)]
    head, rule = (f"| {' | '.join(cells)} |" for cells in ([_plain(name) for name in lines[0]], lines[1]))
    return "\n".join([head, rule, *(f"| {' | '.join(_plain(value) for value in row)} |" for row in rows)])


def _ending(page: Page) -> list[str]:
    stamp = "\n".join(f"- {line.name}: {_plain(line.value)}" for line in page.stamp)
    usage = [(meter.name, meter.used, meter.limit) for meter in page.meters]
    return [
        f"## {words.RESOURCES}",
        _table((words.WHAT, words.USED, words.LIMIT), usage),
        f"## {words.REPRODUCE}",
        f"    {page.command}",
        stamp,
        "---",
        f"{words.APPEAL} {_plain(page.appeal)}",
        page.kept,
    ]


def _bullets(lines: Sequence[str]) -> str:
    return "\n".join(f"- {_plain(line)}" for line in lines)


def _said(text: str) -> str:
    """Keep the code spans of a sentence, escape the rest."""
    return "".join(f"`{piece}`" if code else _plain(piece) for code, piece in code_spans(text))


def _plain(text: str) -> str:
    """Escape everything that Markdown or GitHub would read as more than text, on one line."""
    flat = " ".join(text.replace("&", "&amp;").split("\n"))
    escaped = _SPECIAL.sub(r"\\\1", flat)
    escaped = _LINE_START.sub(r"\1\\\2", escaped)
    return _LINK_START.sub(r"\1\\\2", escaped).replace("\\@", "@\u2060")
