"""Opens Parquet shards that a student's notebook wrote: mapped, column by column, within limits, whatever they hold."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grader.artifacts.locate import find_folder, plain_files
from grader.errors import SubmissionFault

if TYPE_CHECKING:
    import numpy as np

#: Files of one data set, bytes of all its columns unpacked, and values of one column per row.
MOST_FILES = 64
MOST_BYTES = 2 * 1024**3
MOST_VALUES = 1_024
#: Bytes of one id, and entries of one list.
LONGEST_ID = 64
LONGEST_LIST = 8_192
#: Column -> what it has to hold.
KINDS: Mapping[str, str] = {"id": "text", "label": "whole", "input_ids": "lists", "attention_mask": "lists"}
WORDS = {"text": "text", "whole": "whole numbers", "lists": "lists of whole numbers"}
_BATCH = 10_000


@dataclass(frozen=True)
class Split:
    """The shards of one split."""

    name: str
    files: tuple[Path, ...]
    rows: int

    def columns(self, *names: str) -> Iterator[Any]:
        """Read some columns in batches; ids stay encoded by a dictionary, so that one long text cannot multiply.

        Args:
            names: columns.

        Yields:
            Record batches.

        Raises:
            SubmissionFault: GR315, the bytes are not what the file's own description says.
        """
        for path in self.files:
            yield from _batches(path, names)


def open_splits(root: Path, folder: str, most_rows: int) -> dict[str, Split]:
    """Open `train-*.parquet` and `test-*.parquet`.

    Args:
        root: the collected artifacts.
        folder: which of them.
        most_rows: of each split.

    Returns:
        The splits `train` and `test`.

    Raises:
        SubmissionFault: GR314, there is no folder, or a split has no file; GR315, a file cannot be read, lacks a
            column, holds something else in it, or is larger than such a data set can be.
    """
    place = find_folder(root, folder)
    names = plain_files(place)
    if len(names) > MOST_FILES:
        raise SubmissionFault("GR315", f"{folder} holds {len(names)} files; {MOST_FILES} are looked at.")
    found: dict[str, Split] = {}
    for split in ("train", "test"):
        wanted = [name for name in names if name.startswith(f"{split}-") and name.endswith(".parquet")]
        if not wanted:
            there = ", ".join(names[:5]) or "nothing"
            raise SubmissionFault("GR314", f"{folder} has no file {split}-*.parquet. It holds: {there}.")
        sizes = [_checked(place / name, f"{folder}/{name}", most_rows) for name in wanted]
        rows, unpacked = (sum(part) for part in zip(*sizes, strict=True))
        if rows > most_rows:
            raise SubmissionFault("GR315", f"{folder}: {split} has {rows:,} rows, more than the whole data set.")
        if unpacked > MOST_BYTES:
            raise SubmissionFault("GR315", f"{folder}: {split} has {unpacked:,} bytes when it is unpacked.")
        found[split] = Split(split, tuple(place / name for name in wanted), rows)
    return found


def list_lengths(column: Any) -> "np.ndarray[Any, Any]":
    """Return how long each list of a column is."""
    return _compute().list_value_length(column).to_numpy(zero_copy_only=False)


def _checked(path: Path, name: str, most_rows: int) -> tuple[int, int]:
    """Look at what a file says about itself; return its rows, and its bytes when it is unpacked."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(path, memory_map=True)
        schema, metadata = file.schema_arrow, file.metadata
        _check_columns(schema, name)
        groups = [metadata.row_group(at) for at in range(metadata.num_row_groups)]
        chunks = [group.column(at) for group in groups for at in range(group.num_columns)]
        rows = int(metadata.num_rows)
        unpacked = sum(max(int(chunk.total_uncompressed_size), 0) for chunk in chunks)
        values = max((int(chunk.num_values) for chunk in chunks), default=0)
    except (pa.ArrowException, OSError, ValueError, OverflowError) as exc:
        raise _unreadable(name, exc) from exc
    if rows > most_rows or values > MOST_VALUES * max(most_rows, 1):
        raise SubmissionFault("GR315", f"{name} is larger than this data set can be: {rows:,} rows, {values:,} values.")
    return rows, unpacked


def _check_columns(schema: Any, name: str) -> None:
    for column, kind in KINDS.items():
        at = schema.get_all_field_indices(column)
        if len(at) != 1:
            there = ", ".join(map(str, schema.names[:10]))
            what = "no column" if not at else f"{len(at)} columns"
            raise SubmissionFault("GR315", f"{name} has {what} `{column}`. It has: {there}.")
        if not _is(schema.field(at[0]).type, kind):
            found = str(schema.field(at[0]).type)[:60]
            raise SubmissionFault("GR315", f"{name}: `{column}` holds {found}; it has to hold {WORDS[kind]}.")


def _is(found: Any, kind: str) -> bool:
    from pyarrow import types

    if kind == "text":
        return types.is_string(found) or types.is_large_string(found)
    if kind == "whole":
        return bool(types.is_integer(found))
    listed = types.is_list(found) or types.is_large_list(found)
    return bool(listed and types.is_integer(found.value_type))


def _batches(path: Path, names: Sequence[str]) -> Iterator[Any]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(path, memory_map=True, read_dictionary=["id"] if "id" in names else None)
        for batch in file.iter_batches(_BATCH, columns=list(names), use_threads=False):
            batch.validate(full=True)  # text that is none is read, and fails where somebody looks at it
            for name in names:
                _check_values(batch.column(name), name, path.name)
            yield batch
    except (pa.ArrowException, OSError, ValueError, OverflowError) as exc:
        raise _unreadable(path.name, exc) from exc


def _check_values(column: Any, name: str, file: str) -> None:
    """Refuse empty cells, ids that are no ids, and lists without end."""
    compute = _compute()
    if column.null_count:
        raise SubmissionFault("GR315", f"{file}: `{name}` is empty in {column.null_count} rows.")
    if name == "id":
        longest = compute.max(compute.binary_length(column.dictionary)).as_py() or 0
        if longest > LONGEST_ID:
            raise SubmissionFault("GR315", f"{file}: an `id` has {longest:,} bytes.")
    elif KINDS[name] == "lists":
        longest = compute.max(compute.list_value_length(column)).as_py() or 0
        if longest > LONGEST_LIST:
            raise SubmissionFault("GR315", f"{file}: `{name}` has a row of {longest:,} numbers.")
        if column.flatten().null_count:
            raise SubmissionFault("GR315", f"{file}: `{name}` has lists with empty places.")


def _compute() -> Any:
    """The functions of Arrow, which it makes at import, so that no type checker knows them."""
    import pyarrow.compute

    return pyarrow.compute


def _unreadable(name: str, exc: Exception) -> SubmissionFault:
    return SubmissionFault("GR315", f"{name} cannot be read as Parquet: {str(exc)[:200]}.")
