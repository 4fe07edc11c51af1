"""Reads a table that a student's notebook wrote: CSV or Parquet, within limits."""

import csv
import io
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader.artifacts.json_file import read_bytes
from grader.artifacts.locate import find_file
from grader.errors import SubmissionFault
from grader.model.safe_text import one_line

#: Bytes of one table file, and of a Parquet table when unpacked.
TABLE_LIMIT = 64 * 1024**2
#: Rows and columns.
ROW_LIMIT = 200_000
COLUMN_LIMIT = 200
#: Rows of a Parquet table that are unpacked at a time.
_BATCH = 1_000


@dataclass(frozen=True)
class Table:
    """A small table by columns; a cell of a CSV file is text."""

    name: str
    columns: dict[str, list[Any]]
    rows: int

    def numbers(self, column: str) -> list[float]:
        """Return a column as finite numbers.

        Args:
            column: its name.

        Returns:
            One number per row.

        Raises:
            SubmissionFault: GR314, there is no such column; GR315, a cell is no number; GR317, one is not finite.
        """
        values: list[float] = []
        for row, cell in enumerate(self.texts(column), start=1):
            try:
                value = float(cell)
            except ValueError as exc:
                message = f"{self.name}: `{column}` in row {row} is {cell[:40]!r}, not a number."
                raise SubmissionFault("GR315", message) from exc
            if not math.isfinite(value):
                raise SubmissionFault("GR317", f"{self.name}: `{column}` in row {row} is {one_line(cell, 40)}.")
            values.append(value)
        return values

    def integers(self, column: str) -> list[int]:
        """Return a column as whole numbers; `1.0` is one.

        Raises:
            SubmissionFault: as `numbers`, and GR315 for a number that is not whole.
        """
        values = self.numbers(column)
        for row, value in enumerate(values, start=1):
            if value != int(value):
                raise SubmissionFault("GR315", f"{self.name}: `{column}` in row {row} is {value}, not a whole number.")
        return [int(value) for value in values]

    def texts(self, column: str) -> list[str]:
        """Return a column as text.

        Raises:
            SubmissionFault: GR314, there is no such column.
        """
        if column not in self.columns:
            there = ", ".join(one_line(name, 40) for name in list(self.columns)[:10])
            raise SubmissionFault("GR314", f"{self.name} has no column `{column}`. It has: {there}.")
        return [str(cell) for cell in self.columns[column]]


def read_table(root: Path, name: str) -> Table:
    """Read a table among the artifacts.

    Args:
        root: the folder of collected artifacts.
        name: POSIX path below it, ending in .csv or .parquet.

    Returns:
        The table.

    Raises:
        SubmissionFault: GR314, the file is missing; GR315, it cannot be read as a table or is too large.
    """
    return _read_parquet(root, name) if name.endswith(".parquet") else _read_csv(root, name)


def _read_csv(root: Path, name: str) -> Table:
    data = read_bytes(root, name, TABLE_LIMIT)
    try:
        text = data.decode("utf-8-sig")
        rows = list(_csv_rows(text, name))
    except (UnicodeDecodeError, csv.Error) as exc:
        raise SubmissionFault("GR315", f"{name} cannot be read as CSV: {exc}.") from exc
    if not rows:
        raise SubmissionFault("GR315", f"{name} is empty: not even a header line.")
    header, body = rows[0], rows[1:]
    if len(set(header)) != len(header):
        raise SubmissionFault("GR315", f"{name} has two columns of one name.")
    return Table(name, {column: [row[at] for row in body] for at, column in enumerate(header)}, len(body))


def _csv_rows(text: str, name: str) -> list[list[str]]:
    rows: list[list[str]] = []
    for row in csv.reader(io.StringIO(text, newline=""), strict=True):
        if not row:
            continue
        if rows and len(row) != len(rows[0]):
            message = f"{name}: row {len(rows)} has {len(row)} cells, the header has {len(rows[0])}."
            raise SubmissionFault("GR315", message)
        rows.append(row)
        if len(rows) > ROW_LIMIT + 1 or len(row) > COLUMN_LIMIT:
            raise _too_large(name)
    return rows


def _read_parquet(root: Path, name: str) -> Table:
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = find_file(root, name)
    try:
        metadata = pq.read_metadata(path)
        names = _flat_columns(metadata, name)
        # a cell that many rows repeat stands in the file once, and would be copied for each of them
        file = pq.ParquetFile(path, read_dictionary=names)
        columns: dict[str, list[Any]] = {column: [] for column in names}
        unpacked = 0
        for batch in file.iter_batches(_BATCH, use_threads=False):
            unpacked += sum(map(_unpacked_bytes, batch.columns))
            if unpacked > TABLE_LIMIT:
                raise _too_large(name)
            for column in names:
                columns[column] += batch.column(column).to_pylist()
    except (pa.ArrowException, OSError, ValueError, OverflowError) as exc:
        raise SubmissionFault("GR315", f"{name} cannot be read as Parquet: {one_line(str(exc), 200)}.") from exc
    return Table(name, columns, int(metadata.num_rows))


def _flat_columns(metadata: Any, name: str) -> list[str]:
    """Return the names of the columns by what the file says of itself; refuse what is too large, nested or twice."""
    if metadata.num_rows > ROW_LIMIT or metadata.num_columns > COLUMN_LIMIT:
        raise _too_large(name)
    leaves = [metadata.schema.column(at) for at in range(metadata.num_columns)]
    for leaf in leaves:
        if leaf.max_repetition_level or leaf.path != leaf.name:
            raise SubmissionFault("GR315", f"{name}: `{one_line(leaf.path, 40)}` holds lists or objects, not cells.")
    if len({leaf.name for leaf in leaves}) != len(leaves):
        raise SubmissionFault("GR315", f"{name} has two columns of one name.")
    fixed = sum(leaf.length for leaf in leaves if leaf.physical_type == "FIXED_LEN_BYTE_ARRAY")
    if fixed * metadata.num_rows > TABLE_LIMIT:
        raise _too_large(name)
    return [leaf.name for leaf in leaves]


def _unpacked_bytes(cells: Any) -> int:
    """What the cells of a column take when each is written out."""
    import pyarrow as pa

    if not isinstance(cells, pa.DictionaryArray) or not _is_text(cells.dictionary.type):
        return int(cells.nbytes)
    compute = _compute()
    return int(compute.sum(compute.binary_length(cells.dictionary).take(cells.indices)).as_py() or 0)


def _is_text(kind: Any) -> bool:
    from pyarrow import types

    return any(is_kind(kind) for is_kind in (types.is_string, types.is_large_string, types.is_binary))


def _compute() -> Any:
    """The functions of Arrow, which it makes at import, so that no type checker knows them."""
    import pyarrow.compute

    return pyarrow.compute


def _too_large(name: str) -> SubmissionFault:
    return SubmissionFault("GR315", f"{name} is larger than {ROW_LIMIT:,} rows, {COLUMN_LIMIT} columns or 64 MiB.")
