"""`grader work`: what one worker of a batch does; for engines, not for people."""

from pathlib import Path
from typing import Annotated

import typer

from grader.cli.workshop import settings_for


def work(
    context: typer.Context,
    spool: Annotated[Path, typer.Argument(metavar="SPOOL", help="Where the task is.")],
    key: Annotated[str, typer.Argument(metavar="KEY", help="The job.")],
    parent: Annotated[int | None, typer.Option("--parent", metavar="PID", help="Die with this process.")] = None,
) -> None:
    """Do one job of a batch and leave its outcome in the spool."""
    from grader.batch.parents import die_with_parent
    from grader.wiring.work import work as do

    if parent is not None:
        die_with_parent(parent)
    do(key, settings_for(context.obj), spool)
