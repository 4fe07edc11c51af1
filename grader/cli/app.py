"""The root command: registers one file per command group and turns every error into words and an exit code."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from grader import __version__
from grader.cli import (
    batch,
    calibrate,
    check,
    diff,
    doctor,
    errors,
    explain,
    export,
    grade,
    gradebook,
    hub,
    labs,
    overview,
    regrade,
    release,
    report,
    run,
    serve,
    validate,
    verify,
    warm,
    work,
)
from grader.cli.output import set_color
from grader.cli.sections import Sections

app = typer.Typer(
    name="grader",
    cls=Sections,
    help="Grade machine-learning labs: run the notebook, re-measure every claim, explain the result.",
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

_STUDENTS, _INSTRUCTORS, _AUTHORS, _ANYBODY = "For students", "For instructors", "For authors of labs", "For everybody"


def _add(panel: str, name: str, function: Callable[..., Any], line: str) -> None:
    app.command(name, rich_help_panel=panel, short_help=line)(function)


def _add_group(panel: str, name: str, group: typer.Typer, line: str) -> None:
    app.add_typer(group, name=name, rich_help_panel=panel, short_help=line)


_add(_STUDENTS, "grade", grade.grade, "Run a notebook, judge it, and write its report.")
_add(_STUDENTS, "run", run.run, "Run a notebook and collect what it left; no judging.")
_add(_STUDENTS, "check", check.check, "Judge what a run left.")
_add(_STUDENTS, "report", report.report, "Make the report of a run again.")
_add(_STUDENTS, "diff", diff.diff, "Compare two graded runs.")
_add(_STUDENTS, "verify", verify.verify, "Say whether a run was changed since it was sealed.")
_add_group(_STUDENTS, "labs", labs.app, "List the labs and what they ask for.")
_add(_INSTRUCTORS, "batch", batch.batch, "Grade everything that a class handed in.")
_add(_INSTRUCTORS, "regrade", regrade.regrade, "Judge stored runs with the checks as they are now.")
_add(_INSTRUCTORS, "overview", overview.overview, "Write the class page of a lab.")
_add(_INSTRUCTORS, "serve", serve.serve, "Look at a class in a browser.")
_add_group(_INSTRUCTORS, "gradebook", gradebook.app, "Look into the gradebook, decide by hand, keep copies.")
_add(_INSTRUCTORS, "export", export.export, "Write grades in the format of another system.")
_add(_INSTRUCTORS, "gradescope-zip", export.gradescope_zip, "Pack this course for Gradescope.")
_add(_INSTRUCTORS, "github-workflow", export.github_workflow, "Print a workflow that grades on GitHub.")
_add(_AUTHORS, "release", release.release, "Write the starters from the solutions.")
_add(_AUTHORS, "calibrate", calibrate.calibrate, "Measure a lab's thresholds under several seeds.")
_add(_AUTHORS, "validate", validate.validate, "Prove that the checks catch wrong submissions.")
_add(_ANYBODY, "doctor", doctor.doctor, "Say what works on this machine.")
_add(_ANYBODY, "explain", explain.explain, "Say what an error code means and what to do.")
_add_group(_ANYBODY, "warm", warm.app, "Keep a server that makes the next run start at once.")
_add_group(_ANYBODY, "hub", hub.app, "Build, serve, pull, export and import models and data.")
app.command("work", hidden=True)(work.work)
app.command("gradescope-run", hidden=True)(export.gradescope_run)


def _show_version(value: bool) -> None:
    if value:
        typer.echo(f"grader {__version__}")
        raise typer.Exit


@app.callback()
def root(
    context: typer.Context,
    directory: Annotated[Path | None, typer.Option("-C", metavar="DIR", help="Work in this course folder.")] = None,
    no_color: Annotated[bool, typer.Option("--no-color", help="Print without colours; so does NO_COLOR.")] = False,
    version: Annotated[  # noqa: ARG001 - handled by its callback, before anything else
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Keep the options that every command shares."""
    set_color(not no_color)
    context.obj = directory


def main() -> None:
    """Run the command line and end the process with the exit code of what happened."""
    errors.guard(lambda: app(standalone_mode=False), as_json="--json" in sys.argv)
