"""`grader warm`: a server that has imported everything, so that the next runs start at once."""

from typing import TYPE_CHECKING, Annotated

import typer

from grader.cli import options
from grader.cli.output import print_json, stdout
from grader.cli.sections import Sections
from grader.cli.workshop import open_workshop, settings_for

if TYPE_CHECKING:
    from grader.wiring.warming import WarmStatus

app = typer.Typer(help="Keep a server that has imported everything: the next runs start at once.", cls=Sections)


@app.command("start")
def start(
    context: typer.Context,
    minutes: Annotated[
        float, typer.Option("--minutes", min=1, max=1440, help="End after this long without a run.")
    ] = 60.0,
    as_json: options.Json = False,
) -> int:
    """Start the server; runs of this user use it from then on.

    Example: grader warm start --minutes 120
    """
    return _tell(open_workshop(settings_for(context.obj)).warm_start(minutes), as_json=as_json)


@app.command("status")
def status(context: typer.Context, as_json: options.Json = False) -> int:
    """Say whether the next run is warm; exits 1 when it is not.

    Example: grader warm status
    """
    return _tell(open_workshop(settings_for(context.obj)).warm_status(), as_json=as_json)


@app.command("stop")
def stop(context: typer.Context) -> int:
    """End the server; what it has started goes on.

    Example: grader warm stop
    """
    there = open_workshop(settings_for(context.obj)).warm_stop()
    stdout().print("The warm server has ended." if there else "There is no warm server.")
    return 0


def _tell(found: "WarmStatus", *, as_json: bool) -> int:
    if as_json:
        print_json(found)
    else:
        stdout().print(found.detail, markup=False)
    return 0 if found.running else 1
