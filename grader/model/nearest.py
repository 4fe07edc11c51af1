"""Finds the name that was meant by one that nobody knows."""

import difflib
from collections.abc import Iterable

#: Names of checks all begin alike.
_ALIKE = 0.85


def nearest(name: str, known: Iterable[str], cutoff: float = _ALIKE) -> str:
    """Return the end of a sentence about a name that nobody knows.

    Args:
        name: as it was written.
        known: the names that there are.
        cutoff: how alike a name must be, from 0 to 1; see `difflib.get_close_matches`.

    Returns:
        `; did you mean test_claim?`, or nothing when no name is near.
    """
    near = difflib.get_close_matches(name, [*known], n=1, cutoff=cutoff)
    return f"; did you mean {near[0]}?" if near else ""
