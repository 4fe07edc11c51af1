"""`grader release`: write the starters that students get from the reference solutions."""

from pathlib import Path
from typing import Annotated

import typer

from grader.cli.options import Json
from grader.cli.output import print_json, stdout
from grader.cli.workshop import open_workshop, settings_for


def release(
    context: typer.Context,
    lab: Annotated[list[str] | None, typer.Argument(metavar="[LAB]...", help="Lab ids; all when left out.")] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit 1 when a starter is out of date.")
    ] = False,
    bundle: Annotated[
        Path | None,
        typer.Option("--bundle", metavar="DIR", help="Write what students get of the whole course into a new folder."),
    ] = None,
    as_json: Json = False,
) -> int:
    """Write labs/<track>/<notebook>.ipynb from solutions/, or the bundle for students.

    Example: grader release --check
    """
    workshop = open_workshop(settings_for(context.obj))
    if bundle is not None:
        files = workshop.bundle(bundle)
        if as_json:
            print_json({"schema": "grader.bundle/1", "files": files})
        else:
            stdout().print(f"{workshop.relative(bundle)}: {len(files)} files for students")
        return 0
    stale: list[str] = []
    for one in workshop.chosen(lab):
        changed = workshop.release(one, write=not check)
        if changed:
            stale.append(one.id)
        if not as_json:
            word = "out of date" if changed and check else "written" if changed else "up to date"
            stdout().print(f"{one.id}  {workshop.relative(one.starter)}: {word}")
    if as_json:
        print_json({"schema": "grader.release/1", "changed": stale, "written": not check})
    return 1 if stale and check else 0
