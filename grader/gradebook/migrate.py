"""Brings a database to the tables of this version, by Alembic."""

from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy import Connection, Engine

from grader.errors import UsageFault
from grader.gradebook.database import reading, writing

if TYPE_CHECKING:
    from alembic.config import Config

FOLDER = Path(__file__).parent / "migrations"


def upgrade(engine: Engine, to: str = "head") -> None:
    """Bring a database to a revision.

    Args:
        engine: the database; one without tables gets all.
        to: the revision; the newest when left out.

    Raises:
        UsageFault: GR108, the database is of a newer version of the grader.
        InternalFault: GR513, the database failed.
    """
    known = revisions()
    current = revision(engine)
    if to == "head" and current == known[-1]:
        return
    if current is not None and current not in known:
        hint = "Use the grader that made it, or a newer one."
        raise UsageFault("GR108", f"The gradebook is of a newer version ({current}).", hint)
    from alembic import command  # costs as much as all of SQLAlchemy, and is needed once

    with writing(engine) as connection:
        command.upgrade(_config(connection), to)


def downgrade(engine: Engine, to: str) -> None:
    """Take a database back to a revision; what that one does not know is lost.

    Args:
        engine: the database.
        to: the revision; `base` removes every table.
    """
    from alembic import command

    with writing(engine) as connection:
        command.downgrade(_config(connection), to)


def revisions() -> list[str]:
    """Return the revisions that this version knows, oldest first: files are named after them."""
    return sorted(path.name.partition("_")[0] for path in (FOLDER / "versions").glob("[0-9]*_*.py"))


def revision(engine: Engine) -> str | None:
    """Return the revision of a database; None when it has no tables yet."""
    with reading(engine) as connection:
        if not sa.inspect(connection).has_table("alembic_version"):
            return None
        return connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar_one_or_none()


def _config(connection: Connection) -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["connection"] = connection
    return config
