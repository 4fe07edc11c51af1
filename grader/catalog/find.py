"""Finds a lab by what a person calls it."""

import difflib
from collections.abc import Sequence

from grader.errors import UsageFault
from grader.model.lab import Lab


def find_lab(labs: Sequence[Lab], name: str) -> Lab:
    """Return the lab that a person named.

    Args:
        labs: the labs that there are.
        name: a lab's id (`2.5.4`, `lab-2.5.4`) or the name of its notebook.

    Returns:
        The lab.

    Raises:
        UsageFault: GR101, there is none of this name; the hint holds near names.
    """
    wanted = name.strip().casefold().removesuffix(".ipynb")
    for lab in labs:
        if wanted in {lab.id.casefold(), f"lab-{lab.id}".casefold(), lab.slug.casefold()}:
            return lab
    near = difflib.get_close_matches(wanted.removeprefix("lab-"), [lab.id for lab in labs], n=3, cutoff=0.5)
    suggestion = f"Did you mean {' or '.join(near)}? " if near else ""
    raise UsageFault(
        "GR101", f"There is no lab {name.strip()[:40]!r}.", f"{suggestion}List the labs with `grader labs`."
    )
