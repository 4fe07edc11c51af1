"""`grader batch`: a whole class, from a folder, a zip or a download of a learning platform."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grader.cli import options
from grader.cli.batch_progress import BatchProgress
from grader.cli.gradebook import classroom
from grader.cli.output import few, print_json, stdout
from grader.cli.tables import standings_table
from grader.errors import UsageFault

if TYPE_CHECKING:
    from grader.wiring.class_result import BatchResult

FAIL_ON = ("fault", "ungraded", "unmet", "nothing")
Workers = Annotated[
    int | None,
    typer.Option("--workers", "-j", min=1, help="How many at a time; else half the cores, or all of a cluster."),
]


def batch(
    context: typer.Context,
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="PATH...", help="Folders, zips, downloads, notebooks, URLs of them.", show_default=False
        ),
    ],
    kind: Annotated[
        str | None,
        typer.Option("--from", metavar="KIND", help="folder, canvas, moodle, gradescope, nbgrader or git; else seen."),
    ] = None,
    roster: Annotated[
        Path | None, typer.Option("--roster", metavar="CSV", help="The list of the class: who handed in nothing?")
    ] = None,
    lab: options.LabId = None,
    profile: options.ProfileName = None,
    device: options.Device = None,
    workers: Workers = None,
    resume: Annotated[  # noqa: ARG001 - said for whoever looks for it
        bool, typer.Option("--resume", help="Go on where it stopped; the same command does that anyway.")
    ] = True,
    only_failed: Annotated[
        bool, typer.Option("--only-failed", help="Only what a fault of the grader or the machine kept from a grade.")
    ] = False,
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="Grade at most so many now.")] = None,
    trust_times: Annotated[
        bool, typer.Option("--trust-times", help="In plain folders, a file's own time says when it was handed in.")
    ] = False,
    fail_on: Annotated[
        str, typer.Option("--fail-on", metavar="WHAT", help="fault (default), ungraded, unmet or nothing.")
    ] = "fault",
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
    """Grade everything that a class handed in, each submission once; killed or interrupted, the same command goes on.

    Example: grader batch submissions.zip --roster class.csv --workers 4
    """
    from grader.wiring.batching import Batch
    from grader.wiring.class_plan import Asked
    from grader.wiring.class_result import batch_result
    from grader.wiring.together import wished

    when = wished(together)
    if fail_on not in FAIL_ON:
        raise UsageFault("GR104", f"--fail-on {fail_on} is not known.", f"Choose {', '.join(FAIL_ON)}.")
    started = time.monotonic()
    progress = BatchProgress(quiet=quiet or as_json)
    flags = {"sandbox": sandbox, "engine": engine, "ray_address": ray_address}
    with classroom(context, gradebook, runs=runs, allow_weak=allow_weak, **flags) as opened:
        settings, work = opened.settings, Batch(opened)
        asked = Asked(
            tuple(paths),
            kind,
            roster,
            lab,
            profile or settings.profile,
            device or settings.device,
            trust_times=trust_times,
            only_failed=only_failed,
            limit=limit,
        )
        plan = work.plan(asked)
        progress.say(f"{plan.handed_in} notebooks ({', '.join(sorted(set(plan.kinds)))}), {len(plan.keys)} to grade")
        before = work.measure_together(plan.keys, when, progress.say)
        with progress.following(len(plan.keys)):
            finished = work.run(plan.keys, workers, progress.update)
        seconds = time.monotonic() - started
        failures = work.failures(plan.keys)
        result = batch_result(opened.book, plan, failures, fail_on, finished=finished, seconds=seconds, together=before)
    if as_json:
        print_json(result)
    else:
        _print(result)
    return result.exit


def _print(result: "BatchResult") -> None:
    out = stdout()
    out.print(standings_table(result.standings))
    for refusal in result.plan.refused:
        out.print(f"Not taken: {refusal.path}: {refusal.reason}", markup=False)
    if result.plan.strangers:
        out.print(f"Not in the roster: {few(result.plan.strangers, 20)}", markup=False)
    for reason in sorted(set(result.failures.values())):
        out.print(f"Failed: {reason}", markup=False)
    for flag in result.flags:
        out.print(f"Look at: {flag.code}  {flag.message} (lab {flag.lab_id}: {few(flag.students)})", markup=False)
    for measured in result.together:
        out.print(measured.sentence, markup=False)
    words = ", ".join(f"{count} {state}" for state, count in sorted(result.counts.items()))
    out.print(f"\n{words}. {result.seconds:.0f} s.")
    if not result.finished:
        out.print("Interrupted. Nothing is lost: give the same command to go on.")
    elif result.failures:
        out.print("Next: `grader explain CODE`, then give the same command again: it does only what is missing.")
    elif broken := sorted({flag.lab_id for flag in result.flags if flag.code == "GR501"}):
        again = " ".join(f"--lab {lab_id}" for lab_id in broken)
        out.print(f"Next: mend the checks that broke, then `grader regrade {again}`. Their points are left out so far.")
    else:
        out.print("Next: `grader gradebook list`, or `grader export` for your learning platform.")
