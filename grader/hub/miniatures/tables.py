"""Parquet files that the `datasets` library opens with the features that they were written with."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

ROW_GROUP = 500
"""Rows; small, so that streaming the first rows reads little."""


def value(dtype: str) -> dict[str, Any]:
    """A plain feature.

    Args:
        dtype: `string`, `int64`, `float32`...
    """
    return {"dtype": dtype, "_type": "Value"}


def class_label(names: Sequence[str]) -> dict[str, Any]:
    """A label whose numbers have names.

    Args:
        names: in the order of the numbers.
    """
    return {"names": list(names), "_type": "ClassLabel"}


def sequence(feature: dict[str, Any]) -> dict[str, Any]:
    """A list of any length.

    Args:
        feature: of each item.
    """
    return {"feature": feature, "_type": "List"}


def write_parquet(table: Any, features: Mapping[str, Any], path: Path, row_group: int = ROW_GROUP) -> None:
    """Write one shard.

    Args:
        table: the rows, a `pyarrow.Table`.
        features: column -> feature, as `datasets` writes it into the schema.
        path: its folder is made.
        row_group: rows of a row group.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    info = json.dumps({"info": {"features": dict(features)}})
    pq.write_table(table.replace_schema_metadata({"huggingface": info}), path, row_group_size=row_group)
