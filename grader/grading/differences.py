"""Says what differs between two graded runs, and what may have made it differ: pure functions."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from grader.model.grade import Grade
from grader.model.verdict import Verdict


@dataclass(frozen=True)
class Change:
    """One thing that differs."""

    what: str
    """Such as `cell 3`, `parameter seed`, `package torch`."""
    before: str
    """In the first run; empty where it is not there."""
    after: str
    """In the second run; empty where it is not there."""


@dataclass(frozen=True)
class VerdictChange:
    """A check whose answer differs."""

    check: str
    """Id of the check."""
    title: str
    """Its sentence."""
    before: str
    """Status, and the fraction where it is one."""
    after: str
    """The same of the second run."""
    measurements: tuple[Change, ...]
    """What was measured otherwise, by the row's label."""


@dataclass(frozen=True)
class Difference:
    """`grader.diff/1`."""

    before: str
    """The first run."""
    after: str
    """The second run."""
    score: Change | None
    """The points, when they differ."""
    causes: tuple[Change, ...]
    """What went in and differs: cells, parameters, lab, checks, packages, models and data, device, containment."""
    verdicts: tuple[VerdictChange, ...]
    """Checks whose answer or measurements differ."""
    schema: str = "grader.diff/1"
    """Name and version of this format."""


def compare(before: Grade, after: Grade, cells: tuple[Mapping[str, str], Mapping[str, str]]) -> Difference:
    """Compare two graded runs.

    Args:
        before: the first.
        after: the second.
        cells: the code of the cells of each, by id.

    Returns:
        What differs. Nothing of it is believed to be the one cause: all that went in and differs is named.
    """
    old, new = (f"{grade.score:g} of {grade.possible:g}" for grade in (before, after))
    return Difference(
        before=before.run_id,
        after=after.run_id,
        score=Change("score", old, new) if old != new else None,
        causes=(*_cells(before, after, cells), *_inputs(before, after)),
        verdicts=_verdicts(before.verdicts, after.verdicts),
    )


def _cells(before: Grade, after: Grade, cells: tuple[Mapping[str, str], Mapping[str, str]]) -> list[Change]:
    numbers = {cell.id: cell.number for grade in (before, after) for cell in grade.submission.cells}
    old, new = cells
    changed = [name for name in numbers if old.get(name) != new.get(name)]
    return [Change(f"cell {numbers[name]}", _first(old.get(name, "")), _first(new.get(name, ""))) for name in changed]


def _inputs(before: Grade, after: Grade) -> list[Change]:
    found = _table("parameter", before.run.parameters, after.run.parameters)
    found += _table("package", before.stamp.versions, after.stamp.versions)
    facts = [_facts(grade) for grade in (before, after)]
    return found + _table("", facts[0], facts[1])


def _facts(grade: Grade) -> dict[str, Any]:
    return {
        "student": grade.run.student_id,
        "profile": grade.run.profile,
        "lab version": grade.lab.version,
        "checks": grade.lab.checks_sha256[:12],
        "models and data": grade.stamp.hub_snapshot[:12],
        "device": grade.stamp.device,
        "containment": grade.run.sandbox.backend,
        "grader": grade.stamp.grader_version,
        "end of the run": grade.run.status.value,
    }


def _verdicts(before: tuple[Verdict, ...], after: tuple[Verdict, ...]) -> tuple[VerdictChange, ...]:
    old, new = ({verdict.check.id: verdict for verdict in verdicts} for verdicts in (before, after))
    found: list[VerdictChange] = []
    for name in dict.fromkeys([*old, *new]):
        first, second = old.get(name), new.get(name)
        rows = tuple(_table("", _measured(first), _measured(second)))
        if _answer(first) != _answer(second) or rows:
            title = (second or old[name]).check.title
            found.append(VerdictChange(name, title, _answer(first), _answer(second), rows))
    return tuple(found)


def _answer(verdict: Verdict | None) -> str:
    if verdict is None:
        return "no such check"
    part = f" ({verdict.fraction:.2f})" if verdict.fraction not in {None, 0.0, 1.0} else ""
    return f"{verdict.status.value}{part}"


def _measured(verdict: Verdict | None) -> dict[str, Any]:
    return {row.label: row.measured for row in verdict.rows} if verdict is not None else {}


def _table(kind: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Change]:
    names = [name for name in dict.fromkeys([*old, *new]) if old.get(name) != new.get(name)]
    return [Change(f"{kind} {name}".strip(), _shown(old, name), _shown(new, name)) for name in names]


def _shown(table: Mapping[str, Any], name: str) -> str:
    value = table.get(name)
    return "" if name not in table else value if isinstance(value, str) else json.dumps(value, default=str)


def _first(source: str) -> str:
    return next((line.strip()[:80] for line in source.splitlines() if line.strip()), "")
