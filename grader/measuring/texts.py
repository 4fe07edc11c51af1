"""Labelled texts to measure on: a Parquet file of ours, or a split of a seeded data set."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader.errors import InternalFault
from grader.measuring.inputs import MeasuringInputs
from grader.measuring.sources import dataset_base, option
from grader.model.lab import MeasurementSpec

#: Values of a whole-number column that are shown as slices of their own; more are split at the median.
DISTINCT_LIMIT = 6


@dataclass(frozen=True)
class LabelledTexts:
    """Texts with their labels, and named slices of them."""

    texts: tuple[str, ...]
    labels: tuple[int, ...]
    slices: dict[str, tuple[int, ...]]
    """Row numbers by name of the slice."""


def labelled_texts(spec: MeasurementSpec, inputs: MeasuringInputs) -> LabelledTexts:
    """Read the texts that a measurement names.

    Args:
        spec: data = [Parquet file below the checks folder], or bases with `datasets/...` and options.split.
        inputs: where these are.

    Returns:
        The rows, in order.

    Raises:
        InternalFault: GR504, there are none, or they cannot be read: data of ours is never a student's fault.
    """
    if spec.data:
        return _read((inputs.checks_root / spec.data[0],))
    folder = dataset_base(spec, inputs)
    if folder is None:
        raise InternalFault("GR504", f"[measurements.{spec.name}] names neither data nor a data set.")
    return _read(split_files(folder, option(spec, "split", "test")))


def split_files(folder: Path, split: str) -> tuple[Path, ...]:
    """Return the Parquet files of one split of a data set repository, in order.

    Args:
        folder: the files of the repository.
        split: such as `test`; files are named `test.parquet`, `test-00000-of-00001.parquet` or lie in a folder `test`.

    Returns:
        At least one path.

    Raises:
        InternalFault: GR504, there is none.
    """
    found = [
        path
        for path in folder.rglob("*.parquet")
        if path.stem == split or path.name.startswith(f"{split}-") or path.parent.name == split
    ]
    if not found:
        raise InternalFault("GR504", f"The data set in {folder.name} has no Parquet file of its split {split!r}.")
    return tuple(sorted(found))


def _read(paths: tuple[Path, ...]) -> LabelledTexts:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        # as single files: pyarrow would read `key=value` in a folder's name as a column
        table = pa.concat_tables([pq.ParquetFile(path).read(use_threads=False) for path in paths])
        texts, labels = table.column("text").to_pylist(), table.column("label").to_pylist()
        others = [name for name in table.column_names if name not in {"text", "label"}]
        slices = _slices({name: table.column(name).to_pylist() for name in others})
    except (pa.ArrowException, OSError, KeyError) as exc:
        raise InternalFault("GR504", f"The data in {paths[0].name} cannot be read: {exc}.") from exc
    if not texts:
        raise InternalFault("GR504", f"The data in {paths[0].name} has no rows.")
    return LabelledTexts(tuple(map(str, texts)), tuple(map(int, labels)), slices)


def _slices(columns: dict[str, list[Any]]) -> dict[str, tuple[int, ...]]:
    """Slices by column: the true rows of a truth value, each of a few whole numbers or words, else short and long."""
    slices: dict[str, list[int]] = {}
    for name, values in columns.items():
        for row, found in enumerate(_names(name, values)):
            if found:
                slices.setdefault(found, []).append(row)
    return {name: tuple(rows) for name, rows in sorted(slices.items())}


def _names(name: str, values: list[Any]) -> list[str]:
    """The slice of each row of a column; empty for none."""
    few = len(set(values)) <= DISTINCT_LIMIT
    numbers = sorted(value for value in values if isinstance(value, int | float))
    median = numbers[len(numbers) // 2] if numbers else None

    def of(value: Any) -> str:
        if isinstance(value, bool):
            return name if value else ""
        if few:
            return f"{name} {value}"
        if median is None or not isinstance(value, int | float):
            return ""
        return f"{name} below {median}" if value < median else f"{name} {median} or more"

    return [of(value) for value in values]
