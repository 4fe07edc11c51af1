"""`grader validate`: prove how strong the checks of a lab are against its wrong submissions."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.table import Table
from rich.text import Text

from grader.cli import options
from grader.cli.output import print_json, stdout
from grader.cli.progress import Progress
from grader.cli.workshop import open_workshop, settings_for
from grader.errors import UsageFault
from grader.model.files import write_text

if TYPE_CHECKING:
    from grader.model.strength import LabStrength, Trial

#: Mutants of the solution's code per lab, with --full.
FULL_CELLS = 10
_SHOWN = 20


def validate(
    context: typer.Context,
    lab: Annotated[list[str] | None, typer.Argument(metavar="[LAB]...", help="Lab ids.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All labs.")] = False,
    profile: Annotated[
        Literal["miniature", "smoke"], typer.Option("--profile", help="Profile that the notebooks run in.")
    ] = "miniature",
    seeds: Annotated[int, typer.Option("--seeds", min=1, help="Seeds of the reference; 3 for the full proof.")] = 1,
    cases_only: Annotated[
        bool, typer.Option("--cases-only", help="Only the hand-made cases; no starter, no mutants.")
    ] = False,
    mutants: Annotated[int, typer.Option("--mutants", min=0, help="Most generated mutants per lab.")] = 60,
    full: Annotated[
        bool, typer.Option("--full", help="All mutants, and mutants of the solution's code: these run notebooks.")
    ] = False,
    draw: Annotated[int, typer.Option("--draw", min=0, help="Seed that draws the mutants.")] = 0,
    workers: Annotated[int, typer.Option("--workers", min=1, help="Submissions judged side by side.")] = 2,
    fresh: options.Fresh = False,
    sandbox: options.SandboxName = None,
    allow_weak: options.AllowWeak = False,
    html: Annotated[Path | None, typer.Option("--html", metavar="PATH", help="Write a page as well.")] = None,
    quiet: options.Quiet = False,
    as_json: options.Json = False,
) -> int:
    """Run the reference, judge every wrong submission, and say which checks catch what.

    Example: grader validate 2.5.4 --html reports/out/strength.html
    """
    if not lab and not everything:
        raise UsageFault("GR101", "No lab is named.", "Name one, or use --all.")
    from grader.reporting.strength import render_strength
    from grader.wiring.proving import Wanted
    from grader.wiring.strength import validate as prove

    workshop = open_workshop(settings_for(context.obj, sandbox=sandbox, allow_weak=allow_weak))
    wanted = Wanted(
        profile=profile,
        seeds=seeds,
        cases_only=cases_only,
        mutants=None if full else mutants,
        cells=FULL_CELLS if full else 0,
        draw=draw,
        fresh=fresh,
        workers=workers,
    )
    if html is not None:
        _make_room(html)  # a proof takes minutes: better to refuse now
    progress = Progress(quiet=quiet or as_json)
    with progress.run(workshop):
        report = prove(workshop, workshop.chosen(None if everything else lab), wanted)
    if html is not None:
        write_text(html, render_strength(report))
    if as_json:
        print_json(report)
    else:
        for one in report.labs:
            _print_lab(one)
        if html is not None:
            stdout().print(f"Page: {workshop.relative(html)}")
    return 0 if report.ok else 1


def _make_room(page: Path) -> None:
    try:
        page.parent.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise UsageFault("GR106", f"{page} cannot be written: {exc.strerror}.") from exc
    if page.is_dir():
        raise UsageFault("GR106", f"{page} is a folder.", "Name the file of the page.")


def _print_lab(lab: "LabStrength") -> None:
    from grader.model.strength import Outcome

    out = stdout()
    share = "nothing judged" if lab.strength is None else f"{lab.strength:.1%} caught, bar {lab.bar:.0%}"
    out.print(Text(f"\nLab {lab.lab_id} · {lab.title}   {share} · {lab.seconds:g} s", style="bold"))
    for proof in lab.proofs:
        seed = "" if proof.seed is None else f" under seed {proof.seed}"
        mark = "✓" if proof.ok else "✗"
        out.print(f"{mark} {proof.notebook}{seed}: {proof.earned:g} of {proof.expected:g} points expected")
    counts = ", ".join(f"{lab.count(outcome)} {outcome.value}" for outcome in Outcome if lab.count(outcome))
    if counts:
        out.print(f"{len(lab.trials)} submissions: {counts}\n")
        out.print(_check_table(lab))
    _list(f"Survived, and nobody says why ({lab.count(Outcome.SURVIVED)})", _with(lab, Outcome.SURVIVED))
    _list(f"Survived for a reason ({lab.count(Outcome.ACCEPTED)})", _with(lab, Outcome.ACCEPTED))
    _list("Checks without a wrong submission that only they catch", [check.id for check in lab.unneeded if counts])
    _list("Not as it must be", list(lab.problems), style="red")
    _list("Note", list(lab.notes))


def _check_table(lab: "LabStrength") -> Table:
    table = Table("Check", box=None, pad_edge=False)
    for heading in ("Points", "Cases", "Mutants", "Only it"):
        table.add_column(heading, justify="right")
    for check in lab.checks:
        name = f"{check.id} (hidden)" if check.hidden else check.id
        table.add_row(name, f"{check.points:g}", str(check.cases), str(check.mutants), str(check.alone))
    return table


def _with(lab: "LabStrength", outcome: str) -> list[str]:
    return [_words(trial) for trial in lab.trials if trial.outcome == outcome]


def _words(trial: "Trial") -> str:
    return f"{trial.name}: {trial.reason}" if trial.reason else trial.name


def _list(heading: str, lines: list[str], style: str = "") -> None:
    if not lines:
        return
    out = stdout()
    out.print(Text(f"\n{heading}", style=style))
    for line in lines[:_SHOWN]:
        out.print(Text(f"  {line}"))
    if len(lines) > _SHOWN:
        out.print(f"  ... and {len(lines) - _SHOWN} more; --json lists all")
