"""Copies of a gradebook: a backup that can be opened again, and Parquet files for analysis."""

import contextlib
import datetime as dt
import json
import os
import shutil
import sqlite3
import subprocess
from decimal import Decimal
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Engine, Table
from sqlalchemy.types import TypeDecorator

from grader.errors import InternalFault, MachineFault
from grader.gradebook.database import reading
from grader.gradebook.tables import metadata

#: Columns that hold whole documents: they stay in the backup.
_LEFT_OUT = frozenset({"document"})


def back_up(engine: Engine, target: Path) -> None:
    """Write a copy of the whole gradebook, while others may go on writing.

    Args:
        engine: the database.
        target: a file; SQLite's own format, or PostgreSQL's custom format for `pg_restore`.

    Raises:
        MachineFault: GR606, `pg_dump` is not installed.
        InternalFault: GR507, the file could not be written; GR513, the database failed.
    """
    partial = target.with_name(target.name + ".partial")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if engine.dialect.name == "postgresql":
            _dump_postgres(engine, partial)
        else:
            _copy_sqlite(Path(str(engine.url.database)), partial)
        partial.replace(target)
    except (OSError, sqlite3.Error) as exc:
        raise InternalFault("GR507", f"The backup {target.name} could not be written: {exc}.") from exc
    finally:
        with contextlib.suppress(OSError):
            partial.unlink()


def write_parquet(engine: Engine, folder: Path) -> dict[str, int]:
    """Write every table as one Parquet file.

    Args:
        engine: the database.
        folder: where to; it is made.

    Returns:
        Rows by table.

    Raises:
        InternalFault: GR507, a file could not be written.
    """
    import pyarrow.parquet as pq

    counts: dict[str, int] = {}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with reading(engine) as connection:
            for name, table in sorted(metadata.tables.items()):
                rows = _arrow(connection, table)
                partial = folder / f"{name}.parquet.partial"
                pq.write_table(rows, partial)
                partial.replace(folder / f"{name}.parquet")
                counts[name] = rows.num_rows
    except OSError as exc:
        raise InternalFault("GR507", f"{folder} could not be written: {exc.strerror}.") from exc
    return counts


def _copy_sqlite(source: Path, target: Path) -> None:
    with sqlite3.connect(source) as original, sqlite3.connect(target) as copy:
        original.backup(copy)
    original.close()
    copy.close()


def _dump_postgres(engine: Engine, target: Path) -> None:
    program = shutil.which("pg_dump")
    if program is None:
        raise MachineFault("GR606", "`pg_dump` is not installed.", "Install PostgreSQL's client programs.")
    url = engine.url.set(drivername="postgresql")
    environment = {**os.environ, "PGPASSWORD": str(url.password)} if url.password else dict(os.environ)
    place = url.set(password=None).render_as_string(hide_password=False)
    argv = [program, "--format=custom", f"--file={target}", place]
    done = subprocess.run(argv, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise InternalFault("GR513", f"pg_dump failed: {done.stderr.strip()[:300]}.")


def _arrow(connection: Connection, table: Table) -> Any:
    import pyarrow as pa

    columns = [column for column in table.columns if column.name not in _LEFT_OUT]
    rows = connection.execute(sa.select(*columns).order_by(table.c.id)).all()
    schema = pa.schema([(column.name, _arrow_type(column)) for column in columns])
    data = {column.name: [_plain(row[index]) for row in rows] for index, column in enumerate(columns)}
    return pa.table(data, schema=schema)


def _arrow_type(column: sa.Column[Any]) -> Any:
    import pyarrow as pa

    kinds: dict[type, Any] = {
        int: pa.int64(),
        bool: pa.bool_(),
        float: pa.float64(),
        Decimal: pa.decimal128(9, 4),
        dt.datetime: pa.timestamp("us", tz="UTC"),
    }
    kind = column.type.impl_instance if isinstance(column.type, TypeDecorator) else column.type
    return pa.string() if isinstance(kind, sa.JSON) else kinds.get(kind.python_type, pa.string())


def _plain(value: Any) -> Any:
    if isinstance(value, dict | list):
        return json.dumps(value, sort_keys=True, ensure_ascii=False)
    return value
