"""Makes the parts of a grade for tests, each as ordinary as can be unless told otherwise."""

from typing import Any

from grader.model.artifact import ArtifactManifest
from grader.model.grade import Stamp
from grader.model.lab import Limits
from grader.model.run import RunResult, RunStatus, SandboxStamp
from grader.model.submission import CodeCell, Submission
from grader.model.verdict import DeclaredCheck, Verdict, Verdicts, VerdictStatus

RUN_ID = "2.5.4-9f3c1a"


def make_submission(**changes: Any) -> Submission:
    """Return an accepted notebook of two cells."""
    values: dict[str, Any] = {
        "lab_id": "2.5.4",
        "student_id": "ada",
        "file_name": "lab.ipynb",
        "sha256": "9f3c1a" + "0" * 58,
        "size_bytes": 2000,
        "cells": (CodeCell(1, "params", "seed = 0", ("parameters",)), CodeCell(2, "work", "train()")),
        "parameters": ("output_dir", "seed", "student_id", "device", "profile", "train_rows"),
        "received": "2026-01-01T12:00:00+00:00",
    }
    return Submission(**(values | changes))


def make_run(**changes: Any) -> RunResult:
    """Return a run that completed, in a sandbox that counts, its parameters kept."""
    values: dict[str, Any] = {
        "run_id": RUN_ID,
        "lab_id": "2.5.4",
        "profile": "miniature",
        "status": RunStatus.COMPLETED,
        "code": None,
        "message": "",
        "cells": (),
        "stopped_at": None,
        "error": None,
        "parameters": {"train_rows": 2000},
        "observed": {"train_rows": 2000},
        "seed": 7,
        "student_id": "ada",
        "device": "cpu",
        "wall_seconds": 12.0,
        "cpu_seconds": 11.0,
        "peak_memory_bytes": 10**9,
        "started": "2026-01-01T12:00:00+00:00",
        "ended": "2026-01-01T12:00:12+00:00",
        "limits": Limits(),
        "sandbox": SandboxStamp("strong", official=True),
        "versions": {"python": "3.11.7"},
        "hub": {"snapshot": "abc123"},
    }
    return RunResult(**(values | changes))


def make_manifest(**changes: Any) -> ArtifactManifest:
    """Return a manifest of no files."""
    values: dict[str, Any] = {"run_id": RUN_ID, "files": (), "refused": (), "total_bytes": 0, "sha256": "0" * 64}
    return ArtifactManifest(**(values | changes))


def make_verdict(
    status: VerdictStatus = VerdictStatus.PASSED,
    points: float = 1.0,
    fraction: float | None = None,
    *,
    check_id: str = "test_example",
    bonus: bool = False,
    hidden: bool = False,
) -> Verdict:
    """Return the verdict of one check."""
    declared = DeclaredCheck(check_id, "It works", points, "test_lab.py", bonus=bonus, hidden=hidden)
    return Verdict(declared, status, fraction)


def make_verdicts(*verdicts: Verdict, **changes: Any) -> Verdicts:
    """Return the verdicts of a run."""
    values: dict[str, Any] = {"run_id": RUN_ID, "lab_id": "2.5.4", "verdicts": verdicts, "checks_sha256": "c" * 64}
    return Verdicts(**(values | changes))


def make_stamp(**changes: Any) -> Stamp:
    """Return a stamp."""
    values: dict[str, Any] = {
        "grader_version": "0.1.0",
        "command": "grader grade lab.ipynb",
        "appeal": "GR-2.5.4-9f3c1a",
        "versions": {},
        "device": "cpu",
        "hub_snapshot": "abc123",
        "sandboxed": True,
    }
    return Stamp(**(values | changes))
