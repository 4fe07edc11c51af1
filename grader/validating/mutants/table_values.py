"""Mutants of CSV and Parquet tables: values that left their rows, lost and repeated rows, exchanged columns."""

import csv
import random
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from grader.validating.mutants.mutant import Mutant, mutant


def csv_mutants(file: str, path: Path, draw: random.Random) -> Iterator[Mutant]:
    """Return the mutants of a CSV file with a header."""
    with path.open(newline="", encoding="utf-8") as stream:
        reader = csv.DictReader(stream)
        rows = list(reader)
        columns = list(reader.fieldnames or ())
    yield mutant(file, "other line endings", "line_endings", harmless=True)
    if len(rows) < 2:
        return
    yield mutant(file, "half lost", "drop_rows", keep=len(rows) // 2)
    yield mutant(file, "last row lost", "drop_rows", keep=len(rows) - 1)
    yield mutant(file, "row repeated", "repeat_row")
    for column in columns:
        values = {row[column] for row in rows}
        if len(values) > 1:
            yield mutant(file, "shuffled", "swap_rows", column, columns=[column], seed=draw.randrange(1000))
        if all(_is_number(value) for value in values):
            yield mutant(file, "shifted", "shift_column", column, column=column, by=1)
    for first, second in pairwise(columns):
        yield mutant(file, "exchanged", "swap_columns", f"{first}-{second}", first=first, second=second)


def parquet_mutants(file: str, path: Path, draw: random.Random) -> Iterator[Mutant]:
    """Return the mutants of a Parquet file."""
    import pyarrow.parquet as pq

    facts = pq.read_metadata(path)
    if facts.num_rows < 2:
        return
    yield mutant(file, "half lost", "drop_parquet_rows", keep=facts.num_rows // 2)
    yield mutant(file, "last row lost", "drop_parquet_rows", keep=facts.num_rows - 1)
    yield mutant(file, "row repeated", "repeat_parquet_row")
    for column in pq.read_schema(path).names:
        yield mutant(file, "shuffled", "shuffle_parquet", column, column=column, seed=draw.randrange(1000))
        yield mutant(file, "column lost", "drop_parquet_column", column, column=column)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
