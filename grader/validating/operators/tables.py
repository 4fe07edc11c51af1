"""Operators on CSV files with a header."""

import csv
import hashlib
from collections.abc import Callable
from pathlib import Path

from grader.validating.operators.targets import OperatorError, targets

Row = dict[str, str]


def swap_rows(folder: Path, path: str, columns: list[str], seed: int = 0) -> None:
    """Shuffle the values of some columns over the rows, as after a loader that shuffles."""

    def shuffle(rows: list[Row]) -> list[Row]:
        order = sorted(range(len(rows)), key=lambda number: hashlib.sha256(f"{seed}/{number}".encode()).digest())
        return [
            {**row, **{column: rows[other][column] for column in columns}}
            for row, other in zip(rows, order, strict=True)
        ]

    _rewrite(folder, path, columns, shuffle)


def drop_rows(folder: Path, path: str, keep: int) -> None:
    """Keep only the first rows."""
    _rewrite(folder, path, [], lambda rows: rows[:keep])


def swap_columns(folder: Path, path: str, first: str, second: str) -> None:
    """Exchange two columns under their headers."""
    _rewrite(
        folder,
        path,
        [first, second],
        lambda rows: [{**row, first: row[second], second: row[first]} for row in rows],
    )


def map_column(folder: Path, path: str, column: str, values: dict[str, str]) -> None:
    """Replace values of a column, such as every 0 by 1; values that are not named stay."""
    _rewrite(
        folder, path, [column], lambda rows: [{**row, column: values.get(row[column], row[column])} for row in rows]
    )


def shift_column(folder: Path, path: str, column: str, by: float) -> None:
    """Add to every number of a column."""
    _rewrite(folder, path, [column], lambda rows: [{**row, column: _number(float(row[column]) + by)} for row in rows])


def repeat_row(folder: Path, path: str) -> None:
    """Write the last row twice."""
    _rewrite(folder, path, [], lambda rows: [*rows, rows[-1]])


def _rewrite(folder: Path, path: str, columns: list[str], change: Callable[[list[Row]], list[Row]]) -> None:
    for found in targets(folder, path):
        with found.open(newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            rows = list(reader)
            header = list(reader.fieldnames or ())
        if missing := [column for column in columns if column not in header]:
            raise OperatorError(f"{path} has no column {', '.join(missing)}.")
        with found.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, header, lineterminator="\n")
            writer.writeheader()
            writer.writerows(change(rows))


def _number(value: float) -> str:
    return str(int(value)) if value.is_integer() else repr(value)
