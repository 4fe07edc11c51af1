"""Tells a starter that nobody has touched from a notebook that a student has begun."""

import hashlib
import json
from pathlib import Path
from typing import Any, cast


def is_begun(notebook: Path) -> bool:
    """Tell whether a notebook differs from the starter that was released.

    The starter carries the sha256 of each of its cells in its metadata (`grader.cells`), so no second copy is needed.

    Args:
        notebook: a student's notebook; a missing file has not been begun.

    Returns:
        True when a code cell was changed, added or removed, or when the file says nothing about its release.
    """
    if not notebook.is_file():
        return False
    try:
        content: Any = json.loads(notebook.read_text("utf-8"))
        released = cast("dict[str, str]", content["metadata"]["grader"]["cells"])
        cells = cast("list[dict[str, Any]]", content["cells"])
        now = {str(cell["id"]): _sha256(cell["source"]) for cell in cells if cell["cell_type"] == "code"}
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return True  # damaged or of unknown origin: intake will say what is the matter
    return any(released.get(cell_id) != sha256 for cell_id, sha256 in now.items()) or not now


def _sha256(source: str | list[str]) -> str:
    text = source if isinstance(source, str) else "".join(source)
    return hashlib.sha256(text.encode()).hexdigest()
