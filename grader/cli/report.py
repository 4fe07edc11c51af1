"""`grader report`: make the pages of a graded run again."""

from enum import StrEnum
from typing import Annotated

import typer

from grader.cli import options
from grader.cli.output import print_json, stdout
from grader.cli.workshop import open_workshop, settings_for


class Format(StrEnum):
    """What `grader report` can print or write."""

    HTML = "html"
    MD = "md"
    JSON = "json"


def report(
    context: typer.Context,
    run: options.RunFolder,
    fmt: Annotated[
        Format, typer.Option("--format", help="html writes the page; md and json print on stdout.")
    ] = Format.HTML,
    staff: options.Staff = False,
    as_json: options.Json = False,
) -> None:
    """Make the report of a run again from its grade.json.

    Example: grader report runs/2.5.4-9f3c1a --format md
    """
    workshop = open_workshop(settings_for(context.obj))
    grade = workshop.report(run, staff=staff)
    if as_json or fmt is Format.JSON:
        print_json(workshop.public(grade, staff=staff))
    elif fmt is Format.MD:
        stdout().out(workshop.markdown(grade, staff=staff), end="")
    else:
        stdout().print(f"Report: {workshop.relative(run / ('report-staff.html' if staff else 'report.html'))}")
