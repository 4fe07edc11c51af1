"""`grader verify`: proves that a run folder is as it was when it was graded."""

import typer

from grader.cli import options
from grader.cli.output import print_json, stdout
from grader.cli.workshop import open_workshop, settings_for


def verify(context: typer.Context, run: options.RunFolder, as_json: options.Json = False) -> int:
    """Compare a run folder with its seal: every edit since the run, and since its grade, is named.

    Example: grader verify runs/2.5.4-9f3c1a
    """
    workshop = open_workshop(settings_for(context.obj))
    folder, judged = workshop.verify(run)
    if as_json:
        print_json({"schema": "grader.verify/1", "run": folder.name, "unchanged": True, "judged": judged})
    else:
        what = "run and grade" if judged else "run; it is not graded"
        stdout().print(f"{folder.name} is unchanged since it was sealed ({what}).")
    return 0
