"""`grader grade`: a notebook goes in, a graded and explained report comes out."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grader.cli import options
from grader.cli.errors import tell
from grader.cli.output import print_json
from grader.cli.progress import Progress
from grader.cli.result import print_grade
from grader.cli.workshop import open_workshop, parse_overrides, settings_for
from grader.errors import GraderError, UsageFault
from grader.pipeline import Request

if TYPE_CHECKING:
    from grader.wiring import Workshop


def grade(
    context: typer.Context,
    notebook: Annotated[
        Path | None, typer.Argument(metavar="[NB]", help="A notebook; else the labs that you have begun.")
    ] = None,
    lab: options.LabId = None,
    student: options.Student = None,
    seed: options.Seed = None,
    profile: options.ProfileName = None,
    device: options.Device = None,
    sets: options.Set = None,
    fresh: options.Fresh = False,
    only: options.Only = None,
    runs: options.Runs = None,
    sandbox: options.SandboxName = None,
    allow_weak: options.AllowWeak = False,
    staff: options.Staff = False,
    exit_zero: options.ExitZero = False,
    quiet: options.Quiet = False,
    as_json: options.Json = False,
) -> int:
    """Run, check and report.

    Example: grader grade labs/module-2.5/lab-2.5.4-trainer-finetuning.ipynb
    """
    settings = settings_for(context.obj, runs=runs, sandbox=sandbox, allow_weak=allow_weak)
    workshop = open_workshop(settings)
    request = Request(
        notebook=Path(),
        lab_id=lab,
        student_id=student,
        profile=profile or settings.profile,
        seed=seed,
        overrides=parse_overrides(sets),
        device=device or settings.device,
        fresh=fresh,
        only=tuple(only or ()),
    )
    progress = Progress(quiet=quiet or as_json)
    chosen = _choose(workshop, notebook, lab, progress)
    code = 0
    with workshop.warmed(len(chosen)):
        for path in chosen:
            code = max(code, _grade_one(workshop, workshop.of(request, path), progress, staff=staff, as_json=as_json))
    return 0 if exit_zero and code in {1, 4} else code


def _choose(workshop: "Workshop", notebook: Path | None, lab: str | None, progress: Progress) -> list[Path]:
    """Which notebooks to grade: the named one, the lab's, all begun ones, or the bundled sample."""
    if notebook is not None:
        return [notebook]
    if lab is not None:
        return [workshop.lab(lab).starter]
    begun = workshop.begun()
    if begun:
        return begun
    sample = workshop.sample()
    if sample is None:
        raise UsageFault("GR102", "No lab has been begun here.", "Open a notebook below labs/ and start with it.")
    progress.say(f"No lab has been begun yet, so this grades the bundled sample: {workshop.relative(sample)}")
    return [sample]


def _grade_one(workshop: "Workshop", request: Request, progress: Progress, *, staff: bool, as_json: bool) -> int:
    try:
        with progress.run(workshop):
            grade, folder = workshop.grade(request, progress.narrate)
    except GraderError as exc:
        if exc.exit_code == 5 or as_json:
            raise
        tell(exc, as_json=False)
        return exc.exit_code
    if as_json:
        print_json(workshop.public(grade, staff=staff))
    else:
        if staff:
            workshop.report(folder, staff=True)
        print_grade(workshop, grade, folder, staff=staff)
    return workshop.exit_code(grade)
