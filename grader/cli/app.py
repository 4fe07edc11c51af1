"""The root command: registers one file per command group and turns every error into words and an exit code."""

import sys
from pathlib import Path
from typing import Annotated

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

app = typer.Typer(
    name="grader",
    help="Grade machine-learning labs: run the notebook, re-measure every claim, explain the result.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("grade")(grade.grade)
app.command("run")(run.run)
app.command("check")(check.check)
app.command("batch")(batch.batch)
app.command("regrade")(regrade.regrade)
app.command("overview")(overview.overview)
app.command("serve")(serve.serve)
app.command("work", hidden=True)(work.work)
app.command("export")(export.export)
app.command("gradescope-zip")(export.gradescope_zip)
app.command("gradescope-run", hidden=True)(export.gradescope_run)
app.command("github-workflow")(export.github_workflow)
app.command("diff")(diff.diff)
app.command("report")(report.report)
app.command("verify")(verify.verify)
app.add_typer(labs.app, name="labs")
app.command("release")(release.release)
app.command("calibrate")(calibrate.calibrate)
app.command("validate")(validate.validate)
app.command("doctor")(doctor.doctor)
app.command("explain")(explain.explain)
app.add_typer(warm.app, name="warm")
app.add_typer(hub.app, name="hub")
app.add_typer(gradebook.app, name="gradebook")


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
