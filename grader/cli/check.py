"""`grader check`: judge a collected run again, without running the notebook."""

import typer

from grader.cli import options
from grader.cli.output import print_json
from grader.cli.progress import Progress
from grader.cli.result import print_grade
from grader.cli.workshop import open_workshop, settings_for


def check(
    context: typer.Context,
    run: options.RunFolder,
    only: options.Only = None,
    sandbox: options.SandboxName = None,
    allow_weak: options.AllowWeak = False,
    staff: options.Staff = False,
    exit_zero: options.ExitZero = False,
    quiet: options.Quiet = False,
    as_json: options.Json = False,
) -> int:
    """Judge the artifacts of a run; writes verdicts, grade and reports into its folder.

    Example: grader check runs/2.5.4-9f3c1a
    """
    workshop = open_workshop(settings_for(context.obj, sandbox=sandbox, allow_weak=allow_weak))
    progress = Progress(quiet=quiet or as_json)
    with progress.run(workshop):
        grade = workshop.judge(run, tuple(only or ()), progress.narrate)
    if as_json:
        print_json(workshop.public(grade, staff=staff))
    else:
        if staff:
            workshop.report(run, staff=True)
        print_grade(workshop, grade, run, staff=staff)
    code = workshop.exit_code(grade)
    return 0 if exit_zero and code in {1, 4} else code
