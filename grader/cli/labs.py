"""`grader labs`: which labs there are, and what each asks for."""

from typing import Annotated, Any

import typer
from rich.table import Table

from grader.cli.options import Json
from grader.cli.output import print_json, stdout
from grader.cli.workshop import open_workshop, settings_for
from grader.model.lab import Lab
from grader.model.verdict import DeclaredCheck

app = typer.Typer(help="List the labs and what they ask for.", invoke_without_command=True)


@app.callback()
def labs(context: typer.Context, as_json: Json = False) -> None:
    """List the labs.

    Example: grader labs
    """
    if context.invoked_subcommand is not None:
        return
    workshop = open_workshop(settings_for(context.obj))
    if as_json:
        print_json({"schema": "grader.labs/1", "labs": [_summary(lab) for lab in workshop.labs]})
        return
    table = Table("Lab", "Title", "Points", "Time", box=None, pad_edge=False)
    table.add_column("Notebook", overflow="fold")
    for lab in workshop.labs:
        table.add_row(lab.id, lab.title, f"{lab.points:g}", f"{lab.minutes} min", workshop.relative(lab.starter))
    stdout().print(table)


@app.command(short_help="Show what one lab asks for, and how it is judged.")
def show(
    context: typer.Context,
    lab_id: Annotated[str, typer.Argument(metavar="LAB", help="Lab id, such as 2.5.4.")],
    as_json: Json = False,
) -> None:
    """Show a lab's artifacts, limits, parameters and checks; hidden checks are counted only.

    Example: grader labs show 2.5.4
    """
    workshop = open_workshop(settings_for(context.obj))
    lab = workshop.lab(lab_id)
    checks = workshop.declared(lab)
    visible = [check for check in checks if not check.hidden]
    if as_json:
        print_json(_summary(lab) | {"schema": "grader.lab/1", "checks": visible, "hidden": len(checks) - len(visible)})
        return
    _print_lab(lab, visible, hidden=[check for check in checks if check.hidden])


def _summary(lab: Lab) -> dict[str, Any]:
    return {
        "id": lab.id,
        "title": lab.title,
        "version": lab.version,
        "track": lab.track,
        "minutes": lab.minutes,
        "points": lab.points,
        "bonus": lab.bonus,
        "profiles": {name: profile.parameters for name, profile in lab.profiles.items()},
        "artifacts": lab.artifacts,
    }


def _print_lab(lab: Lab, visible: list[DeclaredCheck], hidden: list[DeclaredCheck]) -> None:
    out = stdout()
    out.print(f"Lab {lab.id} · {lab.title}   version {lab.version} · {lab.points:g} points · {lab.minutes} min\n")
    artifacts = Table("Artifact", "What it is", box=None, pad_edge=False)
    for spec in lab.artifacts:
        artifacts.add_row(spec.path, spec.description)
    out.print(artifacts)
    checks = Table("\nPoints", "\nCheck", "\nName", box=None, pad_edge=False)
    for check in visible:
        checks.add_row(f"{check.points:g}", check.title, check.id)
    if hidden:
        checks.add_row(f"{sum(check.points for check in hidden):g}", f"{len(hidden)} hidden checks", "")
    out.print(checks)
    profiles = Table("\nProfile", "\nTime limit", "\nMemory", "\nParameters", box=None, pad_edge=False)
    for name, profile in lab.profiles.items():
        memory = f"{profile.limits.memory_bytes / 1024**3:.1f} GiB" if profile.limits.memory_bytes else "no limit"
        values = ", ".join(f"{key}={value}" for key, value in profile.parameters.items())
        profiles.add_row(name, f"{profile.limits.wall_seconds:g} s", memory, values)
    out.print(profiles)
