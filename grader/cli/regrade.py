"""`grader regrade`: judge stored runs with the checks as they are now, and say who gained or lost."""

from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from grader.cli import options
from grader.cli.batch import Workers
from grader.cli.batch_progress import BatchProgress
from grader.cli.errors import printable
from grader.cli.gradebook import classroom
from grader.cli.output import print_json, stdout

if TYPE_CHECKING:
    from grader.wiring.class_result import Change


def regrade(
    context: typer.Context,
    lab: Annotated[list[str] | None, typer.Option("--lab", metavar="LAB", help="Only this lab; repeatable.")] = None,
    workers: Workers = None,
    together: options.Together = "auto",
    runs: options.Runs = None,
    sandbox: options.SandboxName = None,
    allow_weak: options.AllowWeak = False,
    engine: options.EngineName = None,
    ray_address: options.RayAddress = None,
    gradebook: options.GradebookPlace = None,
    quiet: options.Quiet = False,
    as_json: options.Json = False,
) -> int:
    """Judge every stored run with the checks as they are now; no notebook is run.

    Example: grader regrade --lab 2.5.4
    """
    from grader.wiring.batching import Batch
    from grader.wiring.regrading import Regrade
    from grader.wiring.together import wished

    when = wished(together)
    progress = BatchProgress(quiet=quiet or as_json)
    flags = {"sandbox": sandbox, "engine": engine, "ray_address": ray_address}
    with classroom(context, gradebook, runs=runs, allow_weak=allow_weak, **flags) as opened:
        work = Batch(opened)
        again = Regrade(opened, work)
        keys = again.plan(lab)
        before = work.measure_together(keys, when, progress.say)
        with progress.following(len(keys)):
            done = again.run(keys, workers, progress.update, before)
    if as_json:
        print_json(done)
    else:
        for measured in done.together:
            stdout().print(Text(measured.sentence))
        _print(list(done.changes), done.judged)
        for reason in sorted(set(done.failures.values())):
            stdout().print(f"Failed: {reason}", markup=False)
    return done.exit


def _print(changes: "list[Change]", judged: int) -> None:
    out = stdout()
    for change in changes:
        moved = change.after - change.before
        sign = "gained" if moved > 0 else "lost" if moved < 0 else "kept"
        out.print(
            Text(f"{change.lab_id}  {change.student}  {change.before:g} to {change.after:g} ({sign} {abs(moved):g})")
        )
        for sentence in change.why:
            out.print(Text(f"    {printable(sentence)}"))
    gained = sum(1 for change in changes if change.after > change.before)
    lost = sum(1 for change in changes if change.after < change.before)
    out.print(f"{judged} judged again: {gained} gained, {lost} lost, {judged - gained - lost} kept their points.")
