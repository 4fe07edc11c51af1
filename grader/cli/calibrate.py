"""`grader calibrate`: make a lab's thresholds of what the reference reaches under several seeds."""

from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from grader.cli import options
from grader.cli.output import print_json, stdout
from grader.cli.progress import Progress
from grader.cli.workshop import open_workshop, settings_for

if TYPE_CHECKING:
    from grader.wiring.calibrating import Calibration


def calibrate(
    context: typer.Context,
    lab: Annotated[str, typer.Argument(metavar="LAB", help="Lab id, such as 2.5.4.", show_default=False)],
    seeds: Annotated[int, typer.Option("--seeds", min=1, help="Runs of the reference: seeds 1, 2, ...")] = 5,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Write nothing; show what would change.")] = False,
    sandbox: options.SandboxName = None,
    allow_weak: options.AllowWeak = False,
    quiet: options.Quiet = False,
    as_json: options.Json = False,
) -> int:
    """Measure, and write labs/<track>/calibration-<lab>.json; exit 1 when honest and wrong ways are too near.

    Example: grader calibrate 2.5.4 --dry-run
    """
    from grader.wiring.strength import calibrate as measure

    workshop = open_workshop(settings_for(context.obj, sandbox=sandbox, allow_weak=allow_weak))
    progress = Progress(quiet=quiet or as_json)
    with progress.run(workshop):
        calibration = measure(workshop, workshop.lab(lab), seeds, write=not dry_run)
    if as_json:
        print_json({"schema": "grader.calibration/1", "written": not dry_run, "calibration": calibration.after})
    else:
        _print(calibration)
        word = "would be written" if dry_run else "written"
        stdout().print(f"\n{workshop.relative(calibration.path)}: {word}")
    return 1 if any(one.problem for one in calibration.found.values()) else 0


def _print(calibration: "Calibration") -> None:
    out = stdout()
    table = Table("Value", "Seeds", "Mean", "Spread", "Best wrong", "Floor", "Goal", box=None, pad_edge=False)
    old = calibration.before.get("thresholds", {})
    for name, one in calibration.found.items():
        known = old.get(name, {})
        floor, goal = _changed(known.get("floor"), one.floor), _changed(known.get("goal"), one.goal)
        wrong = "" if one.best_wrong is None else f"{one.best_wrong:g}"
        table.add_row(name, str(len(one.values)), f"{one.mean:g}", f"{one.spread:g}", wrong, floor, goal)
    out.print(table)
    for name, one in calibration.found.items():
        if one.problem:
            out.print(f"{name}: {one.problem}")


def _changed(before: float | None, after: float | None) -> str:
    if after is None:
        return "by hand" if before is None else f"{before:g}"
    return f"{after:g}" if before in {None, after} else f"{before:g} → {after:g}"
