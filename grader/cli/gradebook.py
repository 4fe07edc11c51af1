"""`grader gradebook`: look into the gradebook, decide by hand, keep copies."""

import contextlib
import datetime as dt
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grader.cli.options import GradebookPlace, Json, Reason
from grader.cli.output import print_json, stdout
from grader.cli.sections import Sections
from grader.cli.tables import plain_table, standings_table
from grader.cli.workshop import open_classroom, settings_for
from grader.errors import UsageFault

if TYPE_CHECKING:
    from grader.model.decision import Decision
    from grader.wiring.classroom import Classroom, Decided

app = typer.Typer(help="Look into the gradebook, decide by hand, keep copies.", cls=Sections)
Lab = Annotated[str, typer.Option("--lab", metavar="LAB", help="Lab id, such as 2.5.4.")]
Check = Annotated[str, typer.Argument(metavar="CHECK", help="Name of the check.", show_default=False)]


@contextlib.contextmanager
def classroom(
    context: typer.Context,
    place: str | None,
    *,
    runs: Path | None = None,
    sandbox: str | None = None,
    allow_weak: bool = False,
    engine: str | None = None,
    ray_address: str | None = None,
) -> Generator["Classroom"]:
    """Open the class for one command, and close its gradebook afterwards.

    Args:
        context: of the command.
        place: `--gradebook`, or None.
        runs: `--runs`, or None.
        sandbox: `--sandbox`, or None.
        allow_weak: `--allow-weak`.
        engine: `--engine`, or None.
        ray_address: `--ray-address`, or None.
    """
    settings = settings_for(
        context.obj,
        runs=runs,
        sandbox=sandbox,
        allow_weak=allow_weak,
        gradebook=place,
        engine=engine,
        ray_address=ray_address,
    )
    opened = open_classroom(settings)
    try:
        yield opened
    finally:
        opened.close()


@app.command("list", short_help="List every student in every lab.")
def list_(
    context: typer.Context,
    lab: Annotated[str | None, typer.Option("--lab", metavar="LAB", help="Only this lab.")] = None,
    student: Annotated[str | None, typer.Option("--student", metavar="ID", help="Only this student.")] = None,
    gradebook: GradebookPlace = None,
    as_json: Json = False,
) -> None:
    """List every student in every lab: points, lateness, what is missing.

    Example: grader gradebook list --lab 2.5.4
    """
    with classroom(context, gradebook) as opened:
        standings = opened.standings(lab, student)
    if as_json:
        print_json({"schema": "grader.standings/1", "standings": standings})
        return
    stdout().print(standings_table(standings))


@app.command(short_help="Set a student's points by hand.")
def override(
    context: typer.Context,
    lab: Lab,
    student: Annotated[str, typer.Option("--student", metavar="ID", help="Whose grade.")],
    reason: Reason,
    points: Annotated[float | None, typer.Option("--points", min=0, help="Points that count.")] = None,
    check: Annotated[str | None, typer.Option("--check", metavar="CHECK", help="Of this check alone.")] = None,
    on_time: Annotated[bool, typer.Option("--on-time", help="Take no penalty for lateness.")] = False,
    gradebook: GradebookPlace = None,
    as_json: Json = False,
) -> None:
    """Set a student's points by hand, of the lab or of one check; nothing is run.

    Example: grader gradebook override --lab 2.5.4 --student ada --points 8 --reason "Oral exam"
    """
    if (points is None) != on_time:
        raise UsageFault("GR111", "Say either --points or --on-time.", "See `grader gradebook override --help`.")
    kind = "on time" if on_time else "check" if check else "score"
    with classroom(context, gradebook) as opened:
        decided = opened.decide(kind, lab, reason, student=student, check=check or "", points=points)
    _tell(decided, as_json)


@app.command(short_help="Let a check count for nobody.")
def drop(
    context: typer.Context,
    check: Check,
    lab: Lab,
    reason: Reason,
    gradebook: GradebookPlace = None,
    as_json: Json = False,
) -> None:
    """Let a check count for nobody: its points leave the total of everybody.

    Example: grader gradebook drop test_negation --lab 2.5.4 --reason "The task was unclear"
    """
    with classroom(context, gradebook) as opened:
        decided = opened.decide("drop", lab, reason, check=check)
    _tell(decided, as_json)


@app.command()
def points(
    context: typer.Context,
    check: Check,
    value: Annotated[float, typer.Argument(metavar="POINTS", help="What it is worth from now on.", min=0.01)],
    lab: Lab,
    reason: Reason,
    gradebook: GradebookPlace = None,
    as_json: Json = False,
) -> None:
    """Let a check be worth something else, for everybody.

    Example: grader gradebook points test_accuracy 30 --lab 2.5.4 --reason "As announced"
    """
    with classroom(context, gradebook) as opened:
        decided = opened.decide("points", lab, reason, check=check, points=value)
    _tell(decided, as_json)


@app.command()
def decisions(context: typer.Context, gradebook: GradebookPlace = None, as_json: Json = False) -> None:
    """List the decisions in force.

    Example: grader gradebook decisions
    """
    with classroom(context, gradebook) as opened:
        found = opened.decisions()
    if as_json:
        print_json({"schema": "grader.decisions/1", "decisions": found})
        return
    columns = ("No.", "Lab", "What", "Student", "Check", "Points", "By", "When", "Why")
    stdout().print(plain_table(columns, (_decision_row(entry) for entry in found)))


@app.command()
def revoke(
    context: typer.Context,
    number: Annotated[int, typer.Argument(metavar="NO", help="Number of the decision.", show_default=False)],
    reason: Reason,
    gradebook: GradebookPlace = None,
    as_json: Json = False,
) -> None:
    """Take a decision back; it stays in the history.

    Example: grader gradebook revoke 3 --reason "A mistake of mine"
    """
    with classroom(context, gradebook) as opened:
        decided = opened.revoke(number, reason)
    _tell(decided, as_json)


@app.command(short_help="Write the students' pages again.")
def pages(
    context: typer.Context,
    lab: Annotated[str | None, typer.Option("--lab", metavar="LAB", help="Only of this lab.")] = None,
    gradebook: GradebookPlace = None,
) -> None:
    """Write the students' pages again, with lateness and decisions on them.

    Example: grader gradebook pages --lab 2.5.4
    """
    with classroom(context, gradebook) as opened:
        count = opened.write_pages(lab)
    stdout().print(f"{count} pages written.")


@app.command()
def events(
    context: typer.Context,
    kind: Annotated[str | None, typer.Option("--kind", metavar="KIND", help="Only this kind, such as graded.")] = None,
    newest: Annotated[int, typer.Option("--newest", min=1, help="How many, counted from the end.")] = 50,
    verify: Annotated[bool, typer.Option("--verify", help="Prove that no entry was changed or removed.")] = False,
    gradebook: GradebookPlace = None,
    as_json: Json = False,
) -> None:
    """Show who did what and when.

    Example: grader gradebook events --verify
    """
    with classroom(context, gradebook) as opened:
        count = opened.verify() if verify else None
        found = () if verify else opened.events(kind, newest)
    if as_json:
        print_json({"schema": "grader.events/1", "verified": count, "events": found})
    elif count is not None:
        stdout().print(f"{count} entries, each with the hash of the one before: unchanged.")
    for entry in () if as_json else found:
        about = " ".join(f"{key}={value}" for key, value in entry.payload.items() if value or value == 0)
        stdout().print(f"{entry.at:%F %T}  {entry.actor}  {entry.kind}  {about}", markup=False)


@app.command()
def backup(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to.", show_default=False)],
    gradebook: GradebookPlace = None,
) -> None:
    """Write a copy of the gradebook, also while others work with it.

    Example: grader gradebook backup backups/monday.db
    """
    with classroom(context, gradebook) as opened:
        opened.back_up(file)
    stdout().print(f"Copied to {file}.", markup=False)


@app.command()
def export(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where to.", show_default=False)],
    gradebook: GradebookPlace = None,
    as_json: Json = False,
) -> None:
    """Write every table as a Parquet file, for analysis.

    Example: grader gradebook export tables/
    """
    with classroom(context, gradebook) as opened:
        counts = opened.write_parquet(folder)
    if as_json:
        print_json({"schema": "grader.tables/1", "rows": counts})
    else:
        stdout().print(f"{len(counts)} tables, {sum(counts.values())} rows: {folder}", markup=False)


def _decision_row(entry: "Decision") -> tuple[str, ...]:
    points = "" if entry.points is None else f"{entry.points:g}"
    who, when = entry.student_id or "everybody", f"{dt.datetime.fromisoformat(entry.at):%F %T}"
    what = (str(entry.number), entry.lab_id, entry.kind, who, entry.check_id, points)
    return (*what, entry.actor, when, entry.reason)


def _tell(decided: "Decided", as_json: bool) -> None:
    if as_json:
        print_json({"schema": "grader.decided/1", "number": decided.number, "changed": decided.changed})
    else:
        changed = "1 grade" if decided.changed == 1 else f"{decided.changed} grades"
        stdout().print(f"Decision {decided.number}: {changed} changed. Nothing was run.")
        stdout().print("Next: `grader gradebook pages` writes the students' pages with it.")
