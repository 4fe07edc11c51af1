"""Small, valid examples of everything that flows through the grader, for tests to vary."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from grader.model.artifact import ArtifactFile, ArtifactManifest
from grader.model.grade import Grade, GradedLab, Stamp
from grader.model.lab import ArtifactSpec, Exercise, Lab, Limits, Profile
from grader.model.run import CellRun, RunResult, RunStatus, SandboxStamp
from grader.model.submission import CodeCell, Submission
from grader.model.verdict import DeclaredCheck, Verdict, Verdicts, VerdictStatus

NOW = "2026-11-23T12:00:00+00:00"


def a_lab(course: Path, **changes: Any) -> Lab:
    """A lab with two checks whose files need not exist."""
    profile = Profile("miniature", {"rows": 10}, Limits(wall_seconds=60))
    lab = Lab(
        id="0.1",
        title="A small lab",
        version="1.0.0",
        track="module-0",
        slug="lab-0.1-small",
        minutes=10,
        points=10,
        bonus=0,
        parameters=("output_dir", "seed", "student_id", "device", "profile", "rows"),
        profiles={"miniature": profile, "smoke": replace(profile, name="smoke", parameters={"rows": 2})},
        artifacts=(ArtifactSpec("answer.json", "json", "The answer"),),
        exercises=(Exercise("exercise-1", "Answer", ("test_one",)),),
        check_modules=(course / "checks" / "module-0" / "test_lab_0_1.py",),
        hidden_check_modules=(),
        measurements=(),
        hub_models=(),
        hub_datasets=(),
        starter=course / "labs" / "module-0" / "lab-0.1-small.ipynb",
        solution=course / "solutions" / "module-0" / "lab-0.1-small.ipynb",
        checks_root=course / "checks" / "module-0",
        toml=course / "labs" / "module-0" / "lab-0.1.toml",
    )
    return replace(lab, **changes)


def a_submission(lab: Lab, **changes: Any) -> Submission:
    """An accepted notebook of two cells."""
    cells = (CodeCell(1, "c1", "rows = 10", ("parameters",)), CodeCell(2, "c2", "answer = 42", ("exercise-1",)))
    submission = Submission(lab.id, "ada", "lab.ipynb", "9f3c1a" + "0" * 58, 2048, cells, lab.parameters, NOW)
    return replace(submission, **changes)


def a_run(lab: Lab, **changes: Any) -> RunResult:
    """A run that completed."""
    run = RunResult(
        run_id=f"{lab.id}-9f3c1a",
        lab_id=lab.id,
        profile="miniature",
        status=RunStatus.COMPLETED,
        code=None,
        message="",
        cells=(CellRun(1, "c1", "rows = 10", "ok", 0.1), CellRun(2, "c2", "answer = 42", "ok", 0.2)),
        stopped_at=None,
        error=None,
        parameters={"rows": 10, "seed": 7},
        observed={"rows": 10, "seed": 7},
        seed=7,
        student_id="ada",
        device="cpu",
        wall_seconds=1.5,
        cpu_seconds=1.2,
        peak_memory_bytes=200 * 1024**2,
        started=NOW,
        ended=NOW,
        limits=Limits(),
        sandbox=SandboxStamp("process", official=False),
    )
    return replace(run, **changes)


def a_verdict(check_id: str, status: str = "passed", points: float = 5, **changes: Any) -> Verdict:
    """A verdict of a check that is worth 5 points."""
    check = DeclaredCheck(check_id, f"The {check_id} holds", points, "test_lab_0_1.py")
    fraction = {"passed": 1.0, "failed": 0.0, "partly": 0.5, "not judged": 0.0, "our fault": None}[status]
    return replace(Verdict(check, VerdictStatus(status), fraction), **changes)


def some_verdicts(lab: Lab, *verdicts: Verdict) -> Verdicts:
    """verdicts.json of a run."""
    return Verdicts(f"{lab.id}-9f3c1a", lab.id, verdicts, "c" * 64)


def a_grade(lab: Lab, **changes: Any) -> Grade:
    """A grade with full marks."""
    manifest = ArtifactManifest(f"{lab.id}-9f3c1a", (ArtifactFile("answer.json", 14, "a" * 64),), (), 14, "b" * 64)
    grade = Grade(
        run_id=f"{lab.id}-9f3c1a",
        score=10,
        possible=10,
        total=10,
        bonus=0,
        submission=a_submission(lab),
        lab=GradedLab(lab.id, lab.title, lab.version, "c" * 64, lab.points),
        run=a_run(lab),
        manifest=manifest,
        verdicts=(a_verdict("test_one"), a_verdict("test_two")),
        stamp=Stamp("0.1.0", "make grade", f"GR-{lab.id}-9f3c1a", {"python": "3.11.7"}, "cpu", "none", sandboxed=False),
        counts={"passed": 2},
        graded=NOW,
    )
    return replace(grade, **changes)
