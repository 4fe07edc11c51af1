"""Brings a database to the tables of this version, by Alembic."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

from grader.errors import UsageFault
from grader.gradebook.database import reading, writing

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
    with reading(engine) as connection:
        current = revision(connection)
    script = ScriptDirectory(str(FOLDER))
    if to == "head" and current == script.get_current_head():
        return
    if current is not None and current not in {entry.revision for entry in script.walk_revisions()}:
        hint = "Use the grader that made it, or a newer one."
        raise UsageFault("GR108", f"The gradebook is of a newer version ({current}).", hint)
    with writing(engine) as connection:
        command.upgrade(_config(connection), to)


def downgrade(engine: Engine, to: str) -> None:
    """Take a database back to a revision; what that one does not know is lost.

    Args:
        engine: the database.
        to: the revision; `base` removes every table.
    """
    with writing(engine) as connection:
        command.downgrade(_config(connection), to)


def revision(connection: Connection) -> str | None:
    """Return the revision of a database; None when it has no tables yet."""
    return MigrationContext.configure(connection).get_current_revision()


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["connection"] = connection
    return config
