"""Names that the plugin, the lints and the documentation share, and the nearest one to a misspelt name."""

import difflib
from collections.abc import Iterable

#: Functions of a check module whose names start so are checks.
CHECK_PREFIX = "test_"

#: Fixtures that a check may take.
FIXTURES = frozenset(
    {"artifacts", "evidence", "lab", "measured", "notebook", "probes", "bases", "hub", "run", "request"}
)


def nearest(name: str, known: Iterable[str]) -> str:
    """Return the end of a sentence about a name that nobody knows.

    Args:
        name: as it was written.
        known: the names that there are.

    Returns:
        `; did you mean test_claim?`, or nothing when no name is near.
    """
    near = difflib.get_close_matches(name, [*known], n=1, cutoff=0.85)  # names of checks all begin alike
    return f"; did you mean {near[0]}?" if near else ""
