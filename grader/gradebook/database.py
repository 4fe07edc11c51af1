"""Opens the database of a gradebook and keeps what SQLite and PostgreSQL need done differently in one place."""

import contextlib
import datetime as dt
import sqlite3
from collections.abc import Generator, Mapping, Sequence
from pathlib import Path
from typing import Any

import psutil
import sqlalchemy as sa
from sqlalchemy import Connection, Engine, Table, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError

from grader.errors import InternalFault, MachineFault, UsageFault

#: File systems over which SQLite's write-ahead log does not work (sqlite.org/wal.html).
NETWORK_FILE_SYSTEMS = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "lustre", "gpfs", "beegfs", "ceph", "fuse.sshfs", "9p"}
)
_BUSY_MILLISECONDS = 30_000
_DAMAGED = (
    "Put back a copy that `grader gradebook backup` wrote. Without one, move the file away and grade again; "
    "decisions by hand are then lost."
)
_CLOSED = "Look whether the folder is there and you may write to it and to the file."
#: Errors that no second try heals, by SQLite's code.
_CURES = {
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_NOTADB: _DAMAGED,
    sqlite3.SQLITE_CANTOPEN: _CLOSED,
    sqlite3.SQLITE_READONLY: _CLOSED,
    sqlite3.SQLITE_PERM: _CLOSED,
}


def open_database(place: str) -> Engine:
    """Open a database.

    Args:
        place: a PostgreSQL URL (`postgresql://user@host/name`), or the path of an SQLite file.

    Returns:
        The engine. Nothing is read or written yet, apart from the file's folder.

    Raises:
        UsageFault: GR108, the URL is of another kind, or an SQLite file lies on a network file system.
        MachineFault: GR606, the driver for PostgreSQL is not installed.
    """
    if place.startswith(("postgresql:", "postgres:", "postgresql+psycopg:")):
        return _open_postgres("postgresql+psycopg:" + place.partition(":")[2])
    if "://" in place:
        raise UsageFault("GR108", f"{_without_password(place)} is neither a PostgreSQL URL nor a file.")
    return _open_sqlite(Path(place))


@contextlib.contextmanager
def writing(engine: Engine, *, durable: bool = True) -> Generator[Connection]:
    """Open a transaction that may write; it is rolled back when the block raises.

    Args:
        engine: the database.
        durable: whether it must outlive a loss of power. A claim need not: nothing rests on it but its fence.

    Raises:
        InternalFault: GR513, the database failed.
    """
    with _translated(engine), engine.connect().execution_options(durable=durable) as connection, connection.begin():
        yield connection


@contextlib.contextmanager
def reading(engine: Engine) -> Generator[Connection]:
    """Open a transaction that only reads: on SQLite it never waits for a writer.

    Raises:
        InternalFault: GR513, the database failed.
    """
    with _translated(engine), engine.connect().execution_options(reads_only=True) as connection:
        yield connection


def insert_once(connection: Connection, table: Table, values: Mapping[str, Any], keys: Sequence[str]) -> bool:
    """Insert a row unless one with the same keys is there.

    Args:
        connection: a transaction that may write.
        table: where to.
        values: the row.
        keys: columns of a UNIQUE constraint.

    Returns:
        Whether the row was inserted.
    """
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(table).values(**values).on_conflict_do_nothing(index_elements=list(keys))
    return connection.execute(statement.returning(table.c.id)).first() is not None


def clock(connection: Connection) -> dt.datetime:
    """Return the time of the database, which all machines share."""
    if connection.dialect.name == "postgresql":
        return connection.execute(sa.select(sa.func.clock_timestamp())).scalar_one().astimezone(dt.UTC)
    return dt.datetime.now(dt.UTC)


def _open_postgres(url: str) -> Engine:
    try:
        return sa.create_engine(url, pool_pre_ping=True)
    except ModuleNotFoundError as exc:
        raise MachineFault(
            "GR606", f"PostgreSQL needs the package {exc.name}.", "Run `pip install 'psycopg[binary]'`."
        ) from exc
    except (SQLAlchemyError, ValueError) as exc:
        raise UsageFault("GR108", f"{_without_password(url)} is not a URL of a PostgreSQL database.") from exc


def _open_sqlite(path: Path) -> Engine:
    path = path.expanduser().absolute()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise UsageFault("GR108", f"{path.parent} cannot be made: {exc.strerror}.") from exc
    kind = file_system(path.parent)
    if kind in NETWORK_FILE_SYSTEMS:
        hint = "Keep it on a local disk, or give the URL of a PostgreSQL database."
        raise UsageFault("GR108", f"{path} lies on a network file system ({kind}), where SQLite loses data.", hint)
    engine = sa.create_engine(f"sqlite:///{path}", connect_args={"isolation_level": None})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def file_system(folder: Path) -> str:
    """Return the kind of the file system that a folder lies on; empty when the system does not say."""
    folder = folder.resolve()
    parts = psutil.disk_partitions(all=True)
    around = [part for part in parts if folder.is_relative_to(part.mountpoint)]
    return max(around, key=lambda part: len(part.mountpoint)).fstype if around else ""


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={_BUSY_MILLISECONDS}"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    # a transaction that writes takes the lock at once: one that reads first and writes later can only fail
    options = connection.get_execution_options()
    reads_only = options.get("reads_only", False)
    if not reads_only:
        connection.exec_driver_sql(f"PRAGMA synchronous={'FULL' if options.get('durable', True) else 'NORMAL'}")
    connection.exec_driver_sql("BEGIN" if reads_only else "BEGIN IMMEDIATE")


@contextlib.contextmanager
def _translated(engine: Engine) -> Generator[None]:
    try:
        yield
    except SQLAlchemyError as exc:
        first = str(exc.__cause__ or exc).strip().splitlines()[0]
        which = f" {engine.url.database}" if engine.dialect.name == "sqlite" else ""  # a server's error names it
        message = f"The gradebook{which} could not be read or written: {first}."
        raise InternalFault("GR513", message, _CURES.get(_sqlite_code(exc))) from exc


def _sqlite_code(error: SQLAlchemyError) -> int:
    """Return the primary code of SQLite's error, without what it says more exactly; 0 for another database's."""
    return getattr(error.__cause__, "sqlite_errorcode", 0) & 0xFF


def _without_password(url: str) -> str:
    try:
        return sa.make_url(url).render_as_string(hide_password=True)
    except (SQLAlchemyError, ValueError):
        return url.partition("://")[0] + "://…"
