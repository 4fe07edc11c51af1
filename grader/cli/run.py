"""`grader run`: the stages that touch the student's code."""

from dataclasses import replace

import typer

from grader.cli import options
from grader.cli.output import print_json, stdout
from grader.cli.progress import Progress
from grader.cli.workshop import open_workshop, parse_overrides, settings_for
from grader.pipeline import Request


def run(
    context: typer.Context,
    notebook: options.Notebook,
    lab: options.LabId = None,
    student: options.Student = None,
    seed: options.Seed = None,
    profile: options.ProfileName = None,
    device: options.Device = None,
    sets: options.Set = None,
    fresh: options.Fresh = False,
    runs: options.Runs = None,
    sandbox: options.SandboxName = None,
    allow_weak: options.AllowWeak = False,
    quiet: options.Quiet = False,
    as_json: options.Json = False,
) -> int:
    """Run a notebook and collect what it left, without judging it.

    Example: grader run my-lab.ipynb --lab 2.5.4 --profile smoke
    """
    settings = settings_for(context.obj, runs=runs, sandbox=sandbox, allow_weak=allow_weak)
    workshop = open_workshop(settings)
    request = Request(
        notebook=notebook,
        lab_id=lab,
        student_id=student,
        profile=profile or settings.profile,
        seed=seed,
        overrides=parse_overrides(sets),
        device=device or settings.device,
        fresh=fresh,
    )
    progress = Progress(quiet=quiet or as_json)
    with progress.run(workshop):
        folder, result = workshop.run(replace(request, notebook=notebook), progress.narrate)
    if as_json:
        print_json(result)
    else:
        stdout().print(f"{result.status}. Run folder: {workshop.relative(folder)}")
    return workshop.run_exit_code(result)
