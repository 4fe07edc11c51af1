"""Operators on Parquet files."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

from grader.validating.operators.targets import OperatorError, targets


def shuffle_parquet(folder: Path, path: str, column: str, seed: int = 0) -> None:
    """Shuffle the values of a column over the rows, as after a column that was sorted on its own."""

    def shuffle(table: Any) -> Any:
        order = list(range(table.num_rows))
        random.Random(seed).shuffle(order)  # noqa: S311 - an order, not a secret
        before = _column(table, column).combine_chunks()
        values = before.take(order)
        if values.equals(before):
            values = before.take([*order[1:], *order[:1]])
        if values.equals(before):
            raise OperatorError(f"the values of {column} are all alike.")
        return table.set_column(table.schema.get_field_index(column), table.schema.field(column), values)

    _rewrite(folder, path, shuffle)


def drop_parquet_rows(folder: Path, path: str, keep: int) -> None:
    """Keep only the first rows, as when the last batch is lost."""

    def cut(table: Any) -> Any:
        return table.slice(0, keep)

    _rewrite(folder, path, cut)


def repeat_parquet_row(folder: Path, path: str) -> None:
    """Write the last row twice."""
    import pyarrow as pa

    def repeat(table: Any) -> Any:
        return pa.concat_tables([table, table.slice(table.num_rows - 1)])

    _rewrite(folder, path, repeat)


def drop_parquet_column(folder: Path, path: str, column: str) -> None:
    """Leave a column out."""

    def drop(table: Any) -> Any:
        _column(table, column)
        return table.drop_columns([column])

    _rewrite(folder, path, drop)


def _column(table: Any, column: str) -> Any:
    if column not in table.schema.names:
        raise OperatorError(f"there is no column {column}.")
    return table.column(column)


def _rewrite(folder: Path, path: str, change: Callable[[Any], Any]) -> None:
    import pyarrow.parquet as pq

    for found in targets(folder, path):
        pq.write_table(change(pq.ParquetFile(found).read()), found)
