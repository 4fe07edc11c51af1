"""`grader export` and its neighbours: grades in the formats of other systems."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from grader.cli import options
from grader.cli.errors import printable
from grader.cli.gradebook import classroom
from grader.cli.output import few, stderr, stdout
from grader.cli.workshop import open_workshop, settings_for
from grader.model.files import write_bytes

if TYPE_CHECKING:
    from grader.wiring.exporting import Exported


def export(
    context: typer.Context,
    runs: Annotated[list[Path] | None, typer.Argument(metavar="[RUN]...", help="Run folders; else the class.")] = None,
    to: Annotated[
        str,
        typer.Option(
            "--to",
            metavar="FORMAT",
            help="A run: gradescope, github, junit, lti. A class: csv, canvas, moodle, nbgrader, junit, lti.",
        ),
    ] = "csv",
    batch: Annotated[bool, typer.Option("--batch", help="The whole class, as without RUN.")] = False,
    lab: Annotated[str | None, typer.Option("--lab", metavar="LAB", help="Of a class, only this lab.")] = None,
    fill: Annotated[
        Path | None, typer.Option("--fill", metavar="FILE", help="Your own export of Canvas or Moodle, to fill.")
    ] = None,
    column: Annotated[
        str | None, typer.Option("--column", metavar="NAME", help="Column to fill, where its name does not tell.")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Where to; else stdout.")] = None,
    staff: options.Staff = False,
    gradebook: options.GradebookPlace = None,
) -> None:
    """Write grades in the format of another system.

    Example: grader export --to canvas --fill Grades.csv --out upload.csv
    """
    from grader.wiring.exporting import export_class, export_runs

    if runs and not batch:
        done = export_runs(open_workshop(settings_for(context.obj)), to, runs, staff=staff)
    else:
        with classroom(context, gradebook) as opened:
            done = export_class(opened, to, lab, fill, column)
    if out is None:
        sys.stdout.buffer.write(done.content)
        sys.stdout.buffer.flush()
    else:
        write_bytes(out, done.content)
    _tell(done, out)


def gradescope_zip(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The zip to write.", show_default=False)],
    lab: options.LabId = None,
) -> None:
    """Pack this course into an autograder for Gradescope; solutions are left out.

    Example: grader gradescope-zip autograder.zip --lab 2.5.4
    """
    from grader.exchange.gradescope_zip import gradescope_zip as pack

    settings = settings_for(context.obj)
    if lab is not None:
        open_workshop(settings).lab(lab)
    count = pack(settings.root, file, lab)
    stdout().print(f"{file}: {count} files. Upload it as the autograder of a programming assignment.", markup=False)


def gradescope_run(
    context: typer.Context,
    place: Annotated[Path, typer.Argument(metavar="FOLDER", help="The autograder's folder.")],
    lab: options.LabId = None,
) -> None:
    """Grade what Gradescope was handed, and write results.json whatever happens."""
    from grader.wiring.exporting import grade_for_gradescope

    score = grade_for_gradescope(settings_for(context.obj), place, lab)
    stdout().print(f"Score: {score:g}")


def github_workflow() -> None:
    """Print a workflow for GitHub Actions that grades the labs of a repository.

    Example: grader github-workflow > .github/workflows/grade.yml
    """
    from grader.exchange.gradescope_zip import template

    stdout().out(template("github-workflow.yml"), end="")


def _tell(done: "Exported", out: Path | None) -> None:
    say = stderr()
    where = f" to {out}" if out else ""
    same = "" if done.changed else ", the same as last time"
    say.print(Text(f"{done.rows} written{where}{same}."))
    if done.filled is None:
        return
    for title, names in (
        ("No grade for", done.filled.without_grade),
        ("Not in the file", done.filled.without_row),
    ):
        if names:
            say.print(Text(printable(f"{title} ({len(names)}): {few(names, 20)}")))
    for note in done.filled.notes:
        say.print(Text(printable(note)))
