"""Asks a kernel what the parameters are now; its answer is a claim like everything else that comes from there."""

import ast
import json
from collections.abc import Sequence
from typing import Any, cast


def observing(names: Sequence[str]) -> str:
    """Return the expression that a kernel evaluates.

    Args:
        names: variables to look at.

    Returns:
        Python that gives JSON.
    """
    return (
        "__import__('json').dumps({n: v if isinstance(v, (str, int, float, bool)) else repr(v)[:200]"
        f" for n, v in ((n, globals()[n]) for n in {list(names)!r} if n in globals())}})"
    )


def observed(content: dict[str, Any]) -> dict[str, Any] | None:
    """Read the values out of a kernel's reply.

    Args:
        content: of the reply to a request whose user expression `parameters` is that of `observing`.

    Returns:
        Values by name; None when the reply holds none.
    """
    try:
        text = ast.literal_eval(content["user_expressions"]["parameters"]["data"]["text/plain"])
        values = json.loads(text)
    except (KeyError, TypeError, ValueError, SyntaxError, RecursionError, MemoryError):
        return None
    return cast("dict[str, Any]", values) if isinstance(values, dict) else None
