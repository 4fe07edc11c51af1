"""What commands print: results on stdout, progress and diagnostics on stderr."""

import json
import sys
from collections.abc import Sequence
from typing import Any

import msgspec
from rich.console import Console

_state = {"color": True}


def set_color(wanted: bool) -> None:
    """Choose whether later output may have colours; NO_COLOR and pipes are respected in any case."""
    _state["color"] = wanted


def stdout() -> Console:
    """Return a console for results."""
    return Console(no_color=not _state["color"] or None, highlight=False, soft_wrap=True, width=_width())


def _width() -> int | None:
    """A pipe has no width: tables get room there, so that nothing is cut for whoever reads it."""
    return None if sys.stdout.isatty() else 200


def stderr() -> Console:
    """Return a console for progress and diagnostics."""
    return Console(stderr=True, no_color=not _state["color"] or None, highlight=False, soft_wrap=True)


def print_json(value: object) -> None:
    """Print one JSON object on stdout, in UTF-8 whatever the terminal says.

    Args:
        value: a dataclass of `grader.model` or plain JSON data.
    """
    text = json.dumps(msgspec.to_builtins(value), ensure_ascii=False, indent=1, allow_nan=False)
    sys.stdout.buffer.write(text.encode() + b"\n")
    sys.stdout.buffer.flush()


def few(names: Sequence[str], most: int = 10) -> str:
    """Return names in a row, and how many more there are.

    Args:
        names: of students or files; where one holds a comma, semicolons stand between them.
        most: how many are named.
    """
    shown = ("; " if any("," in name for name in names) else ", ").join(names[:most])
    return shown + (f" and {len(names) - most} more" if len(names) > most else "")


def error_json(code: str, message: str, hint: str, exit_code: int) -> dict[str, Any]:
    """Return an error as the `grader.error/1` object."""
    return {"schema": "grader.error/1", "code": code, "message": message, "hint": hint, "exit": exit_code}
