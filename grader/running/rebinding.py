"""Finds out whether the injected values were the ones in force: by reading the cells, and by asking the kernel."""

import ast
import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from grader.model.lab import Scalar
from grader.model.submission import Notice
from grader.running.binding import bound_by

#: Lines that IPython understands and Python does not.
_MAGIC = re.compile(r"^(?P<indent>[ \t]*)(?:[!%?].*|[\w.]+\?{1,2}[ \t]*)$", re.MULTILINE)
_LONGEST_SOURCE = 256 * 1024
_HINT = "Use the parameter as it is, and another name for your own value."


@dataclass(frozen=True)
class Rebinding:
    """A cell that assigns parameters again."""

    number: int
    """The student's number of the cell."""
    names: tuple[str, ...]


def bound_names(source: str) -> frozenset[str]:
    """Return the names that a cell binds or deletes in the notebook's own namespace.

    Args:
        source: the cell's code; never run.

    Returns:
        The names; none when Python cannot read the cell. Names bound through `exec` or `globals()` are not seen.
    """
    if len(source) > _LONGEST_SOURCE:
        return frozenset()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the student's invalid escapes are not ours to report
            tree = ast.parse(_MAGIC.sub(r"\g<indent>pass", source))
        return bound_by(tree)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return frozenset()


def find_rebindings(cells: Sequence[tuple[int, str]], parameters: Sequence[str]) -> tuple[Rebinding, ...]:
    """Find the cells that assign a parameter again.

    Args:
        cells: number and source of each code cell below the parameters cell.
        parameters: the names that were injected.

    Returns:
        The cells, in order.
    """
    found: list[Rebinding] = []
    for number, source in cells:
        again = bound_names(source)
        names = tuple(name for name in parameters if name in again)
        if names:
            found.append(Rebinding(number, names))
    return tuple(found)


def judge_parameters(
    injected: Mapping[str, Scalar], observed: Mapping[str, Any] | None, rebindings: Sequence[Rebinding]
) -> tuple[Notice, ...]:
    """Say which injected values were not, or perhaps not, the ones in force.

    Args:
        injected: the values that were injected.
        observed: what the kernel held after the last cell that ran; None when it could not be asked.
        rebindings: the cells that ran and assign a parameter again.

    Returns:
        One notice GR312 per cell, and one for changes that no cell shows. The run is judged all the same.
    """
    notices = [
        Notice(
            "GR312",
            f"Cell {found.number} assigns {_listed(found.names)} again" + _compared(found.names, injected, observed),
            _HINT,
        )
        for found in rebindings
    ]
    explained = {name for found in rebindings for name in found.names}
    unexplained = [name for name in _changed(injected, observed) if name not in explained]
    if unexplained:
        notices.append(
            Notice(
                "GR312", f"Some cell changes {_listed(unexplained)}" + _compared(unexplained, injected, observed), _HINT
            )
        )
    return tuple(notices)


def _changed(injected: Mapping[str, Scalar], observed: Mapping[str, Any] | None) -> list[str]:
    if observed is None:
        return []
    return [name for name, value in injected.items() if not _equal(value, observed.get(name))]


def _equal(injected: Scalar, observed: object) -> bool:
    if isinstance(injected, bool) or isinstance(observed, bool):
        return injected is observed
    return injected == observed


def _compared(names: Sequence[str], injected: Mapping[str, Scalar], observed: Mapping[str, Any] | None) -> str:
    if observed is None:
        return ", so the injected value may not have been the one in force."
    changed = [name for name in _changed(injected, observed) if name in names]
    if not changed:
        return "; at the end it had the injected value, in between perhaps not."
    parts = [
        f"`{name}` was {_shown(observed[name]) if name in observed else 'gone'}, not {_shown(injected[name])}"
        for name in changed
    ]
    return f": at the end {'; '.join(parts)}."


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
