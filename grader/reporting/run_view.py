"""A run becomes the parts of a page that speak of it: banner, next step, resources, files, stamp."""

import re
from collections.abc import Sequence

from grader.codes import CODES
from grader.model.grade import Grade
from grader.model.quantities import duration, size
from grader.model.run import RunResult, RunStatus
from grader.model.safe_text import one_line
from grader.reporting import words
from grader.reporting.error_line import failing_line
from grader.reporting.figures import moment
from grader.reporting.page import Banner, CellTime, CheckView, Meter, NextStep, StampLine

_CELLS_SHOWN = 8
_FILES_SHOWN = 60
#: What clients say where nothing answers but the course's own Hub.
_OFFLINE = re.compile(
    r"ProxyError|Tunnel connection failed|Name or service not known|name resolution|Network is unreachable|getaddrinfo"
)


def banner(grade: Grade, checks: Sequence[CheckView]) -> Banner | None:
    """Return why the run did not end, or None when it did."""
    run = grade.run
    if run.status is RunStatus.COMPLETED:
        return None
    entry = CODES.get(run.code or "")
    judged = [check for check in checks if check.status in {words.PASSED, words.PARTLY, words.FAILED}]
    never = all(cell.status == "not run" for cell in run.cells)
    return Banner(
        title=words.BANNERS[run.status.value],
        code=entry.code if entry else "",
        where=stopped_cell(run),
        anchor=f"cell-{run.stopped_at}" if run.stopped_at else "",
        message=one_line(run.message, 600) or (f"{entry.title}. {entry.cause}" if entry else ""),
        detail=failing_line(run.error) if run.error and run.status is not RunStatus.NOT_ATTEMPTED else "",
        judged="" if never or not judged else words.judged(len(judged), len(checks)),
        cure=_cure(run),
        ours=run.status is RunStatus.OUR_FAULT,
    )


def _cure(run: RunResult) -> str:
    if run.error is not None and _OFFLINE.search(f"{run.error.name}: {run.error.message}"):
        return words.NO_INTERNET
    entry = CODES.get(run.code or "")
    return entry.cure if entry else words.NEXT.nothing


def stopped_cell(run: RunResult) -> str:
    """Name the cell that did not finish, by the student's number; empty when there is none."""
    if run.stopped_at is None:
        return ""
    line = next((cell.first_line for cell in run.cells if cell.number == run.stopped_at), "")
    return words.cell(run.stopped_at, one_line(line, 80))


def next_step(grade: Grade, checks: Sequence[CheckView]) -> NextStep:
    """Return the one thing to do: the cell that stopped the run, else the first unmet check that can be acted on."""
    run = grade.run
    if run.status is RunStatus.OUR_FAULT:
        return NextStep("", "", words.NEXT.ours)
    if run.status is not RunStatus.COMPLETED:
        action = _cure(run)
        if run.stopped_at is None:
            return NextStep("", "", action)
        fix = words.write_cell if run.status is RunStatus.NOT_ATTEMPTED else words.fix_run
        return NextStep(fix(run.stopped_at), f"cell-{run.stopped_at}", action)
    unmet = [check for check in checks if check.status in {words.FAILED, words.PARTLY, words.NOT_ATTEMPTED}]
    secret = {v.check.id for v in grade.verdicts if v.check.reveal == "score"}
    open_ids = {number for number, v in enumerate(grade.verdicts, start=1) if v.check.id not in secret}
    for check in unmet:
        if check.number in open_ids:
            return NextStep(check.title, check.anchor, check.hint or words.NEXT.look)
    return NextStep("", "", _nothing_open(bool(unmet), checks))


def _nothing_open(hidden_unmet: bool, checks: Sequence[CheckView]) -> str:
    if hidden_unmet:
        return words.NEXT.hidden
    if any(check.status is words.OUR_FAULT for check in checks):
        return words.NEXT.ours
    if any(check.status is words.NOT_JUDGED for check in checks):
        return words.NEXT.waits_gpu
    return words.NEXT.all_met if checks else words.NO_CHECKS


def meters(run: RunResult) -> tuple[Meter, ...]:
    """Return time and memory against the limits of the run."""
    limits = run.limits
    return (
        _meter(
            words.TIME, duration(run.wall_seconds), run.wall_seconds, duration(limits.wall_seconds), limits.wall_seconds
        ),
        _meter(
            words.CPU_TIME,
            duration(run.cpu_seconds),
            run.cpu_seconds,
            duration(limits.cpu_seconds) if limits.cpu_seconds else words.NO_LIMIT,
            limits.cpu_seconds,
        ),
        _meter(
            words.PEAK_MEMORY,
            size(run.peak_memory_bytes),
            run.peak_memory_bytes,
            size(limits.memory_bytes) if limits.memory_bytes else words.NO_LIMIT,
            limits.memory_bytes,
        ),
    )


def _meter(name: str, used_words: str, used: float, limit_words: str, limit: float | None) -> Meter:
    share = min(max(used / limit, 0.0), 1.0) if limit else None
    return Meter(name, used_words, limit_words, share)


def slowest_cells(run: RunResult) -> tuple[CellTime, ...]:
    """Return the cells that took longest, longest first."""
    timed = [CellTime(c.number, one_line(c.first_line, 60), c.seconds) for c in run.cells if c.seconds is not None]
    return tuple(sorted(timed, key=lambda cell: (-cell.seconds, cell.number))[:_CELLS_SHOWN])


def files(grade: Grade) -> tuple[StampLine, ...]:
    """Return what was collected, with sizes."""
    found = grade.manifest.files
    lines = [StampLine(one_line(entry.path, 120), size(entry.size_bytes)) for entry in found[:_FILES_SHOWN]]
    if len(found) > _FILES_SHOWN:
        lines.append(StampLine(words.more_files(len(found) - _FILES_SHOWN), ""))
    return tuple(lines)


def stamp(grade: Grade) -> tuple[StampLine, ...]:
    """Return what it takes to get this result again."""
    run, own = grade.run, grade.stamp
    versions = {**own.versions, **run.versions}
    contained = words.SANDBOXED if own.sandboxed else words.UNSANDBOXED
    values = (
        f"{grade.submission.file_name}, sha256 {grade.submission.sha256}",
        f"{grade.lab.id}, version {grade.lab.version}",
        f"sha256 {grade.lab.checks_sha256}",
        own.grader_version,
        f"{run.profile}, seed {run.seed}",
        ", ".join(f"{name} {version}" for name, version in sorted(versions.items())) or "–",
        own.gpu.sentence if own.gpu else own.device or run.device,
        own.hub_snapshot or "–",
        f"{contained} ({run.sandbox.backend})",
        moment(run.started),
        moment(run.ended),
        grade.run_id,
    )
    return tuple(StampLine(name, one_line(value, 400)) for name, value in zip(words.STAMP, values, strict=True))
