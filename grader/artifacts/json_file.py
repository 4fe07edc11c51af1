"""Reads a JSON file that a student's notebook wrote, within limits of size and depth."""

import json
from pathlib import Path
from typing import Any, cast

from grader.artifacts.locate import find_file
from grader.errors import SubmissionFault

#: Bytes of one JSON artifact.
JSON_LIMIT = 1024**2
#: Levels of nesting; a metrics file needs three.
DEPTH_LIMIT = 40


def read_json_file(root: Path, name: str, limit: int = JSON_LIMIT) -> Any:
    """Read a JSON file among the artifacts into plain Python data.

    NaN and Infinity, which Python writes and JSON does not know, are read as such: a check that needs a finite number
    says so in its own words.

    Args:
        root: the folder of collected artifacts.
        name: POSIX path below it.
        limit: bytes to accept.

    Returns:
        Dicts, lists, strings, numbers, truth values and None.

    Raises:
        SubmissionFault: GR314, the file is missing; GR315, it is too large, too deep, or not JSON.
    """
    return parse_json(read_bytes(root, name, limit), name)


def read_bytes(root: Path, name: str, limit: int) -> bytes:
    """Read a whole file among the artifacts.

    Args:
        root: the folder of collected artifacts.
        name: POSIX path below it.
        limit: bytes to accept.

    Returns:
        Its bytes.

    Raises:
        SubmissionFault: GR314, the file is missing; GR315, it is too large.
    """
    path = find_file(root, name)
    size = path.stat().st_size
    if size > limit:
        raise SubmissionFault(
            "GR315", f"{name} has {size:,} bytes; at most {limit:,} are read.", "Write only what the lab asks for."
        )
    return path.read_bytes()


def parse_json(data: bytes, name: str) -> Any:
    """Parse the bytes of a JSON file.

    Args:
        data: the file.
        name: what to call it in messages.

    Returns:
        Plain Python data.

    Raises:
        SubmissionFault: GR315, it is not JSON, not UTF-8, or nested too deeply.
    """
    hint = "Write it with `json.dump(..., file)` inside a `with open(...)` block, so that it is complete."
    try:
        value = json.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as exc:
        raise SubmissionFault("GR315", f"{name} is not UTF-8 text.", hint) from exc
    except json.JSONDecodeError as exc:
        where = f"line {exc.lineno}, column {exc.colno}"
        raise SubmissionFault("GR315", f"{name} is not valid JSON: {exc.msg} at {where}.", hint) from exc
    except (RecursionError, ValueError) as exc:  # a ValueError here is a whole number of thousands of digits
        raise SubmissionFault("GR315", f"{name} is nested too deeply or holds a number that is too long.") from exc
    if _depth(value) > DEPTH_LIMIT:
        raise SubmissionFault("GR315", f"{name} is nested more than {DEPTH_LIMIT} levels deep.")
    return value


def _depth(value: Any) -> int:
    """The number of levels, counted without recursion and no further than the limit."""
    level, current = 0, [value]
    while current and level <= DEPTH_LIMIT:
        level += 1
        below: list[Any] = []
        for entry in current:
            if isinstance(entry, dict):
                below += cast("dict[str, Any]", entry).values()
            elif isinstance(entry, list):
                below += cast("list[Any]", entry)
        current = below
    return level
