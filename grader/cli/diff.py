"""`grader diff`: what changed between two runs, and why their results may differ."""

from typing import TYPE_CHECKING

import typer

from grader.cli import options
from grader.cli.output import print_json, stdout
from grader.cli.workshop import open_workshop, settings_for

if TYPE_CHECKING:
    from grader.grading.differences import Change, Difference


def diff(
    context: typer.Context, before: options.RunFolder, after: options.RunFolder, as_json: options.Json = False
) -> int:
    """Compare two graded runs; exits 1 when they differ.

    Example: grader diff runs/2.5.4-9f3c1a runs/2.5.4-9f3c1a-2
    """
    from grader.wiring.differing import diff_runs

    found = diff_runs(open_workshop(settings_for(context.obj)), before, after)
    if as_json:
        print_json(found)
    else:
        for line in _lines(found):
            stdout().print(line, markup=False, highlight=False)
    return 1 if found.score or found.causes or found.verdicts else 0


def _lines(found: "Difference") -> list[str]:
    lines = [f"{found.before} and {found.after}"]
    if found.score is not None:
        lines.append(f"  points: {found.score.before}, then {found.score.after}")
    for verdict in found.verdicts:
        lines.append(f"  {verdict.title}: {verdict.before}, then {verdict.after}")
        lines += [f"    {_change(row)}" for row in verdict.measurements]
    lines.append("What went in and differs:" if found.causes else "Everything that went in is the same.")
    return lines + [f"  {_change(cause)}" for cause in found.causes]


def _change(change: "Change") -> str:
    return f"{change.what}: {change.before or 'nothing'}, then {change.after or 'nothing'}"
