"""Whether a submission's time is known: a download of some platforms does not say it, and then nothing is late."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; times so far are taken as known."""
    op.add_column("submission", sa.Column("time_known", sa.Boolean, nullable=False, server_default=sa.true()))


def downgrade() -> None:
    """Remove the column."""
    op.drop_column("submission", "time_known")
