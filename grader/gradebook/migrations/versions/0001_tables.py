"""The tables of the first version."""

import sqlalchemy as sa
from alembic import op

from grader.gradebook.types import Points, RowId, Utc

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make every table."""
    op.create_table(
        "attempt",
        sa.Column("id", RowId, nullable=False),
        sa.Column("job_key", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.Column("owner", sa.String(length=200), nullable=False),
        sa.Column("ended_at", Utc(), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempt")),
        sa.UniqueConstraint("job_key", "fence", name=op.f("uq_attempt_job_key_fence")),
    )
    with op.batch_alter_table("attempt", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_attempt_job_key"), ["job_key"], unique=False)

    op.create_table(
        "event",
        sa.Column("id", RowId, nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("actor", sa.String(length=100), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("entity", sa.String(length=40), nullable=False),
        sa.Column("entity_id", sa.String(length=100), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("prev_hash", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event")),
        sa.UniqueConstraint("hash", name=op.f("uq_event_hash")),
    )
    op.create_table(
        "export",
        sa.Column("id", RowId, nullable=False),
        sa.Column("target", sa.String(length=20), nullable=False),
        sa.Column("lab_slug", sa.String(length=32), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("row_count", sa.Integer(), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_export")),
    )
    op.create_table(
        "job",
        sa.Column("id", RowId, nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("losses", sa.Integer(), nullable=False),
        sa.Column("owner", sa.String(length=200), nullable=False),
        sa.Column("lease_until", Utc(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job")),
        sa.UniqueConstraint("key", name=op.f("uq_job_key")),
    )
    with op.batch_alter_table("job", schema=None) as batch_op:
        batch_op.create_index("ix_job_state_priority_id", ["state", "priority", "id"], unique=False)

    op.create_table(
        "lab",
        sa.Column("id", RowId, nullable=False),
        sa.Column("slug", sa.String(length=32), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("version", sa.String(length=32), nullable=False),
        sa.Column("points", Points(), nullable=False),
        sa.Column("bonus", Points(), nullable=False),
        sa.Column("late", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lab")),
        sa.UniqueConstraint("slug", name=op.f("uq_lab_slug")),
    )
    op.create_table(
        "result",
        sa.Column("id", RowId, nullable=False),
        sa.Column("job_key", sa.String(length=64), nullable=False),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_result")),
        sa.UniqueConstraint("job_key", name=op.f("uq_result_job_key")),
    )
    op.create_table(
        "student",
        sa.Column("id", RowId, nullable=False),
        sa.Column("sid", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("email", sa.String(length=200), nullable=False),
        sa.Column("section", sa.String(length=100), nullable=False),
        sa.Column("lms", sa.JSON(), nullable=False),
        sa.Column("enrolled", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_student")),
        sa.UniqueConstraint("sid", name=op.f("uq_student_sid")),
    )
    op.create_table(
        "override",
        sa.Column("id", RowId, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("lab_id", RowId, nullable=False),
        sa.Column("student_id", RowId, nullable=True),
        sa.Column("check_id", sa.String(length=100), nullable=False),
        sa.Column("points", Points(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("actor", sa.String(length=100), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("revokes_id", RowId, nullable=True),
        sa.ForeignKeyConstraint(["lab_id"], ["lab.id"], name=op.f("fk_override_lab_id_lab")),
        sa.ForeignKeyConstraint(["revokes_id"], ["override.id"], name=op.f("fk_override_revokes_id_override")),
        sa.ForeignKeyConstraint(["student_id"], ["student.id"], name=op.f("fk_override_student_id_student")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_override")),
        sa.UniqueConstraint("revokes_id", name=op.f("uq_override_revokes_id")),
    )
    with op.batch_alter_table("override", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_override_lab_id"), ["lab_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_override_student_id"), ["student_id"], unique=False)

    op.create_table(
        "submission",
        sa.Column("id", RowId, nullable=False),
        sa.Column("lab_id", RowId, nullable=True),
        sa.Column("student_id", RowId, nullable=False),
        sa.Column("content_sha", sa.String(length=64), nullable=False),
        sa.Column("received_at", Utc(), nullable=False),
        sa.Column("late_mark", sa.Boolean(), nullable=False),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("file_name", sa.String(length=300), nullable=False),
        sa.Column("refused_code", sa.String(length=5), nullable=False),
        sa.Column("refused_message", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["lab_id"], ["lab.id"], name=op.f("fk_submission_lab_id_lab")),
        sa.ForeignKeyConstraint(["student_id"], ["student.id"], name=op.f("fk_submission_student_id_student")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submission")),
        sa.UniqueConstraint(
            "lab_id", "student_id", "content_sha", name=op.f("uq_submission_lab_id_student_id_content_sha")
        ),
    )
    with op.batch_alter_table("submission", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_submission_content_sha"), ["content_sha"], unique=False)
        batch_op.create_index(batch_op.f("ix_submission_lab_id"), ["lab_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_submission_student_id"), ["student_id"], unique=False)

    op.create_table(
        "execution",
        sa.Column("id", RowId, nullable=False),
        sa.Column("submission_id", RowId, nullable=False),
        sa.Column("exec_key", sa.String(length=64), nullable=False),
        sa.Column("key_inputs", sa.JSON(), nullable=False),
        sa.Column("run_id", sa.String(length=100), nullable=False),
        sa.Column("run_folder", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("code", sa.String(length=5), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("cpu_seconds", sa.Float(), nullable=False),
        sa.Column("peak_bytes", sa.BigInteger(), nullable=False),
        sa.Column("device", sa.String(length=20), nullable=False),
        sa.Column("started_at", Utc(), nullable=False),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submission.id"], name=op.f("fk_execution_submission_id_submission")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_execution")),
        sa.UniqueConstraint("exec_key", name=op.f("uq_execution_exec_key")),
    )
    with op.batch_alter_table("execution", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_execution_run_id"), ["run_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_execution_submission_id"), ["submission_id"], unique=False)

    op.create_table(
        "judgement",
        sa.Column("id", RowId, nullable=False),
        sa.Column("execution_id", RowId, nullable=False),
        sa.Column("judge_key", sa.String(length=64), nullable=False),
        sa.Column("checks_sha256", sa.String(length=64), nullable=False),
        sa.Column("score", Points(), nullable=False),
        sa.Column("possible", Points(), nullable=False),
        sa.Column("total", Points(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.Column("graded_at", Utc(), nullable=False),
        sa.ForeignKeyConstraint(["execution_id"], ["execution.id"], name=op.f("fk_judgement_execution_id_execution")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_judgement")),
        sa.UniqueConstraint("judge_key", name=op.f("uq_judgement_judge_key")),
    )
    with op.batch_alter_table("judgement", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_judgement_execution_id"), ["execution_id"], unique=False)

    op.create_table(
        "check_result",
        sa.Column("id", RowId, nullable=False),
        sa.Column("judgement_id", RowId, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("check_id", sa.String(length=100), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("fraction", sa.Float(), nullable=True),
        sa.Column("points", Points(), nullable=False),
        sa.Column("earned", Points(), nullable=True),
        sa.Column("bonus", sa.Boolean(), nullable=False),
        sa.Column("hidden", sa.Boolean(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("mistake", sa.String(length=100), nullable=False),
        sa.Column("waits_for", sa.JSON(), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(
            ["judgement_id"], ["judgement.id"], name=op.f("fk_check_result_judgement_id_judgement")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_check_result")),
        sa.UniqueConstraint("judgement_id", "check_id", name=op.f("uq_check_result_judgement_id_check_id")),
    )
    with op.batch_alter_table("check_result", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_check_result_judgement_id"), ["judgement_id"], unique=False)

    op.create_table(
        "grade",
        sa.Column("id", RowId, nullable=False),
        sa.Column("submission_id", RowId, nullable=False),
        sa.Column("judgement_id", RowId, nullable=False),
        sa.Column("grade_key", sa.String(length=64), nullable=False),
        sa.Column("raw", Points(), nullable=False),
        sa.Column("points", Points(), nullable=False),
        sa.Column("possible", Points(), nullable=False),
        sa.Column("total", Points(), nullable=False),
        sa.Column("late_seconds", sa.BigInteger(), nullable=False),
        sa.Column("adjustments", sa.JSON(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.Column("is_current", sa.Boolean(), nullable=False),
        sa.Column("computed_at", Utc(), nullable=False),
        sa.ForeignKeyConstraint(["judgement_id"], ["judgement.id"], name=op.f("fk_grade_judgement_id_judgement")),
        sa.ForeignKeyConstraint(["submission_id"], ["submission.id"], name=op.f("fk_grade_submission_id_submission")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grade")),
        sa.UniqueConstraint("submission_id", "grade_key", name=op.f("uq_grade_submission_id_grade_key")),
    )
    with op.batch_alter_table("grade", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_grade_judgement_id"), ["judgement_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_grade_submission_id"), ["submission_id"], unique=False)
        batch_op.create_index(
            "uq_grade_current",
            ["submission_id"],
            unique=True,
            sqlite_where=sa.text("is_current"),
            postgresql_where=sa.text("is_current"),
        )


def downgrade() -> None:
    """Remove every table."""
    with op.batch_alter_table("grade", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_grade_current", sqlite_where=sa.text("is_current"), postgresql_where=sa.text("is_current")
        )
        batch_op.drop_index(batch_op.f("ix_grade_submission_id"))
        batch_op.drop_index(batch_op.f("ix_grade_judgement_id"))

    op.drop_table("grade")
    with op.batch_alter_table("check_result", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_check_result_judgement_id"))

    op.drop_table("check_result")
    with op.batch_alter_table("judgement", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_judgement_execution_id"))

    op.drop_table("judgement")
    with op.batch_alter_table("execution", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_execution_submission_id"))
        batch_op.drop_index(batch_op.f("ix_execution_run_id"))

    op.drop_table("execution")
    with op.batch_alter_table("submission", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_submission_student_id"))
        batch_op.drop_index(batch_op.f("ix_submission_lab_id"))
        batch_op.drop_index(batch_op.f("ix_submission_content_sha"))

    op.drop_table("submission")
    with op.batch_alter_table("override", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_override_student_id"))
        batch_op.drop_index(batch_op.f("ix_override_lab_id"))

    op.drop_table("override")
    op.drop_table("student")
    op.drop_table("result")
    op.drop_table("lab")
    with op.batch_alter_table("job", schema=None) as batch_op:
        batch_op.drop_index("ix_job_state_priority_id")

    op.drop_table("job")
    op.drop_table("export")
    op.drop_table("event")
    with op.batch_alter_table("attempt", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_attempt_job_key"))

    op.drop_table("attempt")
