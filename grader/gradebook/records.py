"""Writes what was handed in, run and judged."""

import datetime as dt
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy import Connection

from grader.gradebook.database import insert_once
from grader.gradebook.tables import check_result, execution, judgement, lab, student, submission
from grader.model.grade import Grade
from grader.model.lab import Lab
from grader.model.points import earned
from grader.model.verdict import Verdict, VerdictStatus


@dataclass(frozen=True)
class Person:
    """A student as the gradebook knows them."""

    sid: str
    """The id that is injected into notebooks."""
    name: str = ""
    """As people write it."""
    email: str = ""
    """Address."""
    section: str = ""
    """Group or section."""
    lms: dict[str, str] = field(default_factory=dict[str, str])
    """Ids by system: `canvas`, `moodle`, `login`, `github`."""
    enrolled: bool = True
    """Whether the roster names them."""


@dataclass(frozen=True)
class Handin:
    """One file that somebody handed in."""

    sid: str
    """Whose it is."""
    content_sha: str
    """SHA-256 of its bytes."""
    received: dt.datetime
    """When, with zone."""
    lab_id: str | None = None
    """The lab; None when the file does not say."""
    time_known: bool = True
    """False when the time is only the one at which we saw it: then nothing is late."""
    late_mark: bool = False
    """Whether the system that it came from calls it late."""
    source: str = "folder"
    """Where it came from."""
    file_name: str = ""
    """As it was handed in."""
    refused_code: str = ""
    """Why it cannot be graded; empty when it can."""
    refused_message: str = ""
    """The same in words."""


@dataclass(frozen=True)
class JudgedRun:
    """A run that was judged, with what it is known by."""

    submission_id: int
    """Whose run it is."""
    exec_key: str
    """What the run depends on."""
    judge_key: str
    """What the judgement depends on."""
    inputs: Mapping[str, Any]
    """The parts of `exec_key`, for people."""
    grade: Grade
    """As the checks made it."""
    folder: str
    """The run folder."""


@dataclass(frozen=True)
class Stored:
    """A run that is recorded."""

    submission_id: int
    """Whose run it is."""
    exec_key: str
    """What the run depends on."""
    run_folder: str
    """Where it lies."""
    sid: str
    """The student."""


def keep_lab(connection: Connection, entry: Lab) -> int:
    """Insert or update a lab; returns its number."""
    values = {
        "title": entry.title,
        "version": entry.version,
        "points": entry.points,
        "bonus": entry.bonus,
        "late": msgspec.to_builtins(entry.late),
    }
    if not insert_once(connection, lab, {"slug": entry.id, **values}, ["slug"]):
        connection.execute(sa.update(lab).where(lab.c.slug == entry.id).values(**values))
    return connection.execute(sa.select(lab.c.id).where(lab.c.slug == entry.id)).scalar_one()


def keep_person(connection: Connection, person: Person) -> int:
    """Insert a student, or fill in what is known now and was not before; returns their number."""
    values: dict[str, Any] = {
        "name": person.name[:200],
        "email": person.email[:200],
        "section": person.section[:100],
        "lms": person.lms,
        "enrolled": person.enrolled,
    }
    if insert_once(connection, student, {"sid": person.sid, **values}, ["sid"]):
        return _student_number(connection, person.sid)
    known = connection.execute(sa.select(student).where(student.c.sid == person.sid)).one()
    merged = {name: value or getattr(known, name) for name, value in values.items()} | {"lms": known.lms | person.lms}
    if merged != {name: getattr(known, name) for name in merged}:
        connection.execute(sa.update(student).where(student.c.id == known.id).values(**merged))
    return known.id


def keep_handin(connection: Connection, handin: Handin) -> int:
    """Insert a submission; the same bytes of the same student count once, by their first time. Returns its number."""
    lab_number = None
    if handin.lab_id is not None:
        lab_number = connection.execute(sa.select(lab.c.id).where(lab.c.slug == handin.lab_id)).scalar_one()
    student_number = _student_number(connection, handin.sid)
    same = (submission.c.student_id == student_number) & (submission.c.content_sha == handin.content_sha)
    same &= submission.c.lab_id.is_(None) if lab_number is None else submission.c.lab_id == lab_number
    known = connection.execute(sa.select(submission).where(same)).first()
    state: dict[str, Any] = {"refused_code": handin.refused_code, "refused_message": handin.refused_message}
    if known is not None:
        told_now = handin.time_known and not known.time_known
        earlier = handin.time_known == known.time_known and handin.received < known.received_at
        if told_now or earlier or known.refused_code != handin.refused_code:
            if told_now or earlier:
                state |= {"received_at": handin.received, "time_known": handin.time_known}
            connection.execute(sa.update(submission).where(submission.c.id == known.id).values(**state))
        return known.id
    made = connection.execute(
        sa.insert(submission)
        .values(
            lab_id=lab_number,
            student_id=student_number,
            content_sha=handin.content_sha,
            received_at=handin.received,
            time_known=handin.time_known,
            late_mark=handin.late_mark,
            source=handin.source,
            file_name=handin.file_name[:300],
            **state,
        )
        .returning(submission.c.id)
    )
    return made.scalar_one()


def keep_execution(connection: Connection, judged: JudgedRun) -> int:
    """Insert how a submission ran, unless it is known; returns its number."""
    run = judged.grade.run
    values = {
        "submission_id": judged.submission_id,
        "exec_key": judged.exec_key,
        "key_inputs": dict(judged.inputs),
        "run_id": run.run_id,
        "run_folder": judged.folder,
        "status": run.status.value,
        "code": run.code or "",
        "seconds": run.wall_seconds,
        "cpu_seconds": run.cpu_seconds,
        "peak_bytes": run.peak_memory_bytes,
        "device": run.device,
        "started_at": dt.datetime.fromisoformat(run.started),
    }
    insert_once(connection, execution, values, ["exec_key"])
    return connection.execute(sa.select(execution.c.id).where(execution.c.exec_key == judged.exec_key)).scalar_one()


def keep_judgement(connection: Connection, execution_id: int, judge_key: str, grade: Grade) -> int:
    """Insert what the checks found, unless it is known; returns its number."""
    values = {
        "execution_id": execution_id,
        "judge_key": judge_key,
        "checks_sha256": grade.lab.checks_sha256,
        "score": grade.score,
        "possible": grade.possible,
        "total": grade.total,
        "document": pack(grade),
        "graded_at": dt.datetime.fromisoformat(grade.graded) if grade.graded else dt.datetime.now(dt.UTC),
    }
    new = insert_once(connection, judgement, values, ["judge_key"])
    number = connection.execute(sa.select(judgement.c.id).where(judgement.c.judge_key == judge_key)).scalar_one()
    if new and grade.verdicts:
        rows = [_check_row(number, position, verdict) for position, verdict in enumerate(grade.verdicts)]
        connection.execute(sa.insert(check_result), rows)
    return number


def times_judged(connection: Connection, judge_key: str) -> int:
    """Return how often the run of a judgement was judged; 0 when the judgement is not there."""
    run = sa.select(judgement.c.execution_id).where(judgement.c.judge_key == judge_key).scalar_subquery()
    times = sa.select(sa.func.count()).select_from(judgement).where(judgement.c.execution_id == run)
    return connection.execute(times).scalar_one()


def faulty_runs(connection: Connection) -> set[str]:
    """Return the keys of runs in whose newest judgement a check broke."""
    newest = sa.select(sa.func.max(judgement.c.id)).group_by(judgement.c.execution_id)
    query = (
        sa.select(execution.c.exec_key)
        .join(judgement, judgement.c.execution_id == execution.c.id)
        .join(check_result, check_result.c.judgement_id == judgement.c.id)
        .where(judgement.c.id.in_(newest), check_result.c.status == VerdictStatus.OUR_FAULT.value)
    )
    return set(connection.execute(query).scalars())


def pack(grade: Grade) -> bytes:
    """Return a grade as compressed JSON."""
    return zlib.compress(msgspec.json.encode(grade), 1)


def unpack(document: bytes) -> Grade:
    """Return the grade that `pack` made."""
    return msgspec.json.decode(zlib.decompress(document), type=Grade)


def _student_number(connection: Connection, sid: str) -> int:
    return connection.execute(sa.select(student.c.id).where(student.c.sid == sid)).scalar_one()


def _check_row(judgement_id: int, position: int, verdict: Verdict) -> dict[str, Any]:
    check = verdict.check
    return {
        "judgement_id": judgement_id,
        "position": position,
        "check_id": check.id[:100],
        "title": check.title[:200],
        "status": verdict.status.value,
        "fraction": verdict.fraction,
        "points": check.points,
        "earned": earned(verdict),
        "bonus": check.bonus,
        "hidden": check.hidden,
        "message": verdict.message,
        "mistake": verdict.mistake[:100],
        "waits_for": list(verdict.waits_for),
        "seconds": verdict.seconds,
    }
