"""Finds what a person should look at before a grade counts."""

from collections.abc import Iterator

from grader.model.artifact import ArtifactManifest
from grader.model.grade import Flag
from grader.model.run import RunResult, RunStatus
from grader.model.verdict import Verdicts, VerdictStatus

_STOPPED = frozenset({RunStatus.STOPPED, RunStatus.KERNEL_DIED, RunStatus.INTERRUPTED, RunStatus.OUR_FAULT})
_MOST_NAMES = 5


def find_flags(run: RunResult, manifest: ArtifactManifest, verdicts: Verdicts) -> tuple[Flag, ...]:
    """Return everything about a run that a person should look at.

    Args:
        run: how the notebook ran.
        manifest: what was collected of it.
        verdicts: what was judged.

    Returns:
        Flags, the most serious first: our faults, then the run, then its parameters, the artifacts, the containment.
    """
    return (
        *_faults(verdicts),
        *_run_flags(run),
        *_parameter_flags(run),
        *_artifact_flags(manifest),
        *_sandbox_flags(run),
    )


def _faults(verdicts: Verdicts) -> Iterator[Flag]:
    broken = [verdict.check for verdict in verdicts.verdicts if verdict.status == VerdictStatus.OUR_FAULT]
    for check in broken:
        which = "A hidden check" if check.hidden else f"The check `{check.id}`"
        yield Flag("GR501", f"{which} broke; its {check.points:g} points are left out of the total.")


def _run_flags(run: RunResult) -> Iterator[Flag]:
    if run.status in _STOPPED:
        yield Flag(run.code or "GR506", run.message or f"The run ended early: {run.status.value}.")


def _parameter_flags(run: RunResult) -> Iterator[Flag]:
    for notice in run.notices:
        yield Flag(notice.code, notice.message)
    if run.observed is None and run.status == RunStatus.COMPLETED:
        yield Flag("GR312", "The parameters could not be read back after the last cell.")


def _artifact_flags(manifest: ArtifactManifest) -> Iterator[Flag]:
    by_code: dict[str, list[str]] = {}
    for refusal in manifest.refused:
        by_code.setdefault(refusal.code, []).append(f"{refusal.path} ({refusal.reason})")
    for code, entries in sorted(by_code.items()):
        more = f" and {len(entries) - _MOST_NAMES} more" if len(entries) > _MOST_NAMES else ""
        yield Flag(code, f"Not collected from output_dir: {'; '.join(entries[:_MOST_NAMES])}{more}.")


def _sandbox_flags(run: RunResult) -> Iterator[Flag]:
    if not run.sandbox.official:
        lacks = f" It does not cover: {', '.join(run.sandbox.lacks)}." if run.sandbox.lacks else ""
        yield Flag("GR602", f"The run was contained by `{run.sandbox.backend}` only.{lacks}")
