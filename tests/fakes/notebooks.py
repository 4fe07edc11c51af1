"""Makes notebooks as JSON data, small and valid unless told otherwise."""

import json
import zlib
from typing import Any

PARAMETERS_SOURCE = (
    'output_dir = "artifacts"\nseed = 0\nstudent_id = "me"\ndevice = "cpu"\nprofile = "miniature"\ntrain_rows = 2000'
)


def code(source: str, cell_id: str | None = "auto", tags: list[str] | None = None, **changes: Any) -> dict[str, Any]:
    """Return a code cell; `cell_id=None` leaves the id out."""
    cell: dict[str, Any] = {
        "cell_type": "code",
        "execution_count": None,
        "metadata": {"tags": tags} if tags else {},
        "outputs": [],
        "source": source,
    }
    if cell_id is not None:
        cell["id"] = f"c-{zlib.crc32(source.encode()):08x}" if cell_id == "auto" else cell_id
    return cell | changes


def markdown(source: str, cell_id: str = "text", tags: list[str] | None = None) -> dict[str, Any]:
    """Return a markdown cell."""
    return {"cell_type": "markdown", "id": cell_id, "metadata": {"tags": tags} if tags else {}, "source": source}


def parameters(source: str = PARAMETERS_SOURCE, cell_id: str = "params") -> dict[str, Any]:
    """Return a parameters cell, that of the fake lab by default."""
    return code(source, cell_id, ["parameters"])


def notebook(*cells: dict[str, Any], lab: str | None = "2.5.4", **changes: Any) -> dict[str, Any]:
    """Return a notebook; without cells, one that the fake lab accepts."""
    metadata: dict[str, Any] = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    if lab is not None:
        metadata["grader"] = {"lab": lab, "version": "1.0.0"}
    metadata |= changes.pop("metadata", {})
    chosen = list(cells) if cells else [parameters(), code("print(train_rows)", "work")]
    return {"cells": chosen, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5} | changes


def as_bytes(data: Any) -> bytes:
    """Return JSON data as a file's bytes."""
    return json.dumps(data, indent=1).encode()
