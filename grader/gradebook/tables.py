"""The tables of the gradebook; migrations make them, and a test holds the two together."""

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey, Index, MetaData, String, Table, Text, UniqueConstraint

from grader.gradebook.types import Points, RowId, Utc

#: Every constraint has a name, on both databases the same: a migration can change it.
NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
metadata = MetaData(naming_convention=NAMES)

#: Tables that only grow: triggers refuse UPDATE and DELETE.
APPEND_ONLY = ("attempt", "override", "event")


def _id() -> Column[int]:
    return Column("id", RowId, primary_key=True)


def _to(table: str, *, nullable: bool = False) -> Column[int]:
    return Column(f"{table}_id", RowId, ForeignKey(f"{table}.id"), nullable=nullable, index=True)


student = Table(
    "student",
    metadata,
    _id(),
    Column("sid", String(64), nullable=False, unique=True),
    Column("name", String(200), nullable=False),
    Column("email", String(200), nullable=False),
    Column("section", String(100), nullable=False),
    Column("lms", sa.JSON, nullable=False),
    Column("enrolled", sa.Boolean, nullable=False),
)

lab = Table(
    "lab",
    metadata,
    _id(),
    Column("slug", String(32), nullable=False, unique=True),
    Column("title", String(200), nullable=False),
    Column("version", String(32), nullable=False),
    Column("points", Points, nullable=False),
    Column("bonus", Points, nullable=False),
    Column("late", sa.JSON, nullable=False),
)

submission = Table(
    "submission",
    metadata,
    _id(),
    _to("lab", nullable=True),
    _to("student"),
    Column("content_sha", String(64), nullable=False, index=True),
    Column("received_at", Utc, nullable=False),
    Column("time_known", sa.Boolean, nullable=False, server_default=sa.true()),
    Column("late_mark", sa.Boolean, nullable=False),
    Column("source", String(20), nullable=False),
    Column("file_name", String(300), nullable=False),
    Column("refused_code", String(5), nullable=False),
    Column("refused_message", Text, nullable=False),
    UniqueConstraint("lab_id", "student_id", "content_sha"),
)

execution = Table(
    "execution",
    metadata,
    _id(),
    _to("submission"),
    Column("exec_key", String(64), nullable=False, unique=True),
    Column("key_inputs", sa.JSON, nullable=False),
    Column("run_id", String(100), nullable=False, index=True),
    Column("run_folder", Text, nullable=False),
    Column("status", String(20), nullable=False),
    Column("code", String(5), nullable=False),
    Column("seconds", sa.Float, nullable=False),
    Column("cpu_seconds", sa.Float, nullable=False),
    Column("peak_bytes", sa.BigInteger, nullable=False),
    Column("device", String(20), nullable=False),
    Column("started_at", Utc, nullable=False),
)

judgement = Table(
    "judgement",
    metadata,
    _id(),
    _to("execution"),
    Column("judge_key", String(64), nullable=False, unique=True),
    Column("checks_sha256", String(64), nullable=False),
    Column("score", Points, nullable=False),
    Column("possible", Points, nullable=False),
    Column("total", Points, nullable=False),
    Column("document", sa.LargeBinary, nullable=False),
    Column("graded_at", Utc, nullable=False),
)

check_result = Table(
    "check_result",
    metadata,
    _id(),
    _to("judgement"),
    Column("position", sa.Integer, nullable=False),
    Column("check_id", String(100), nullable=False),
    Column("title", String(200), nullable=False),
    Column("status", String(20), nullable=False),
    Column("fraction", sa.Float, nullable=True),
    Column("points", Points, nullable=False),
    Column("earned", Points, nullable=True),
    Column("bonus", sa.Boolean, nullable=False),
    Column("hidden", sa.Boolean, nullable=False),
    Column("message", Text, nullable=False),
    Column("mistake", String(100), nullable=False),
    Column("waits_for", sa.JSON, nullable=False),
    Column("seconds", sa.Float, nullable=False),
    UniqueConstraint("judgement_id", "check_id"),
)

grade = Table(
    "grade",
    metadata,
    _id(),
    _to("submission"),
    _to("judgement"),
    Column("grade_key", String(64), nullable=False),
    Column("raw", Points, nullable=False),
    Column("points", Points, nullable=False),
    Column("possible", Points, nullable=False),
    Column("total", Points, nullable=False),
    Column("late_seconds", sa.BigInteger, nullable=False),
    Column("adjustments", sa.JSON, nullable=False),
    Column("document", sa.LargeBinary, nullable=False),
    Column("is_current", sa.Boolean, nullable=False),
    Column("computed_at", Utc, nullable=False),
    UniqueConstraint("submission_id", "grade_key"),
    Index(
        "uq_grade_current",
        "submission_id",
        unique=True,
        sqlite_where=sa.text("is_current"),
        postgresql_where=sa.text("is_current"),
    ),
)

override = Table(
    "override",
    metadata,
    _id(),
    Column("kind", String(20), nullable=False),
    _to("lab"),
    _to("student", nullable=True),
    Column("check_id", String(100), nullable=False),
    Column("points", Points, nullable=True),
    Column("reason", Text, nullable=False),
    Column("actor", String(100), nullable=False),
    Column("at", Utc, nullable=False),
    Column("revokes_id", RowId, ForeignKey("override.id"), nullable=True, unique=True),
)

event = Table(
    "event",
    metadata,
    _id(),
    Column("at", Utc, nullable=False),
    Column("actor", String(100), nullable=False),
    Column("kind", String(40), nullable=False),
    Column("entity", String(40), nullable=False),
    Column("entity_id", String(100), nullable=False),
    Column("payload", Text, nullable=False),
    Column("prev_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False, unique=True),
)

job = Table(
    "job",
    metadata,
    _id(),
    Column("key", String(64), nullable=False, unique=True),
    Column("kind", String(20), nullable=False),
    Column("state", String(10), nullable=False),
    Column("priority", sa.Integer, nullable=False),
    Column("payload", sa.JSON, nullable=False),
    Column("fence", sa.BigInteger, nullable=False),
    Column("attempts", sa.Integer, nullable=False),
    Column("losses", sa.Integer, nullable=False),
    Column("owner", String(200), nullable=False),
    Column("lease_until", Utc, nullable=True),
    Column("detail", Text, nullable=False),
    Index("ix_job_state_priority_id", "state", "priority", "id"),
)

attempt = Table(
    "attempt",
    metadata,
    _id(),
    Column("job_key", String(64), nullable=False, index=True),
    Column("number", sa.Integer, nullable=False),
    Column("fence", sa.BigInteger, nullable=False),
    Column("owner", String(200), nullable=False),
    Column("ended_at", Utc, nullable=False),
    Column("outcome", String(20), nullable=False),
    Column("detail", Text, nullable=False),
    UniqueConstraint("job_key", "fence"),
)

result = Table(
    "result",
    metadata,
    _id(),
    Column("job_key", String(64), nullable=False, unique=True),
    Column("fence", sa.BigInteger, nullable=False),
    Column("outcome", String(20), nullable=False),
    Column("at", Utc, nullable=False),
)

export = Table(
    "export",
    metadata,
    _id(),
    Column("target", String(20), nullable=False),
    Column("lab_slug", String(32), nullable=False),
    Column("path", Text, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("row_count", sa.Integer, nullable=False),
    Column("at", Utc, nullable=False),
)
