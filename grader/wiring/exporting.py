"""Exports: grades of one run or of a class, in the format of another system."""

import datetime as dt
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from grader.catalog import find_lab
from grader.errors import GraderError, InternalFault, UsageFault
from grader.exchange import github, gradescope, lti
from grader.exchange.canvas import fill_canvas
from grader.exchange.entry import Entry, summary
from grader.exchange.junit import junit
from grader.exchange.moodle import fill_moodle
from grader.exchange.sheet import Filled
from grader.exchange.tables import nbgrader_table, own_table
from grader.gradebook.grades import Standing
from grader.intake.handins.base import notebooks_below
from grader.intake.student import safe_id
from grader.model.files import read_json
from grader.model.grade import Grade
from grader.model.lab import Lab
from grader.pipeline import Request
from grader.reporting.markdown import render_markdown
from grader.reporting.public import public_grade
from grader.settings import Settings
from grader.wiring.classroom import Classroom
from grader.wiring.workshop import Workshop

#: Formats of one run, and of a class.
OF_RUNS = ("gradescope", "github", "junit", "lti")
OF_CLASSES = ("csv", "canvas", "moodle", "nbgrader", "junit", "lti")
_FILLERS = {"canvas": fill_canvas, "moodle": fill_moodle}


@dataclass(frozen=True)
class Exported:
    """What was exported."""

    content: bytes
    """The file."""
    rows: int
    """Students, or runs."""
    changed: bool = True
    """Whether it differs from the last export of this kind."""
    filled: Filled | None = None
    """Whom a filled file concerns."""


def export_runs(workshop: Workshop, target: str, folders: Sequence[Path], *, staff: bool = False) -> Exported:
    """Export graded runs.

    Args:
        workshop: knows where runs are.
        target: one of `OF_RUNS`.
        folders: the runs.
        staff: with what students do not see.

    Raises:
        UsageFault: GR103, a folder is not a graded run; GR104, the format is for a class, or for one run only.
    """
    if target not in OF_RUNS:
        raise UsageFault("GR104", f"{target} is a format for a class.", f"For runs there are: {', '.join(OF_RUNS)}.")
    full = [read_json(workshop.run_folder(folder) / "grade.json", Grade) for folder in folders]
    shown = [grade if staff else public_grade(grade) for grade in full]
    if target == "junit":
        return Exported(junit(shown), len(shown))
    if target == "github":
        return Exported(_github(workshop, shown), len(shown))
    if len(full) > 1:
        raise UsageFault("GR104", f"{target} is a format for one run.", "Name one run folder.")
    if target == "gradescope":
        return Exported(_json(gradescope.results(shown[0], full[0])), 1)
    now = dt.datetime.now(dt.UTC)
    received = dt.datetime.fromisoformat(full[0].submission.received)
    return Exported(_json(lti.score(shown[0], full[0], full[0].submission.student_id, received, now)), 1)


def export_class(
    classroom: Classroom, target: str, lab_id: str | None, fill: Path | None = None, column: str | None = None
) -> Exported:
    """Export the grades of a class that count.

    Args:
        classroom: with the gradebook.
        target: one of `OF_CLASSES`.
        lab_id: only this lab.
        fill: the instructor's own export of Canvas or Moodle.
        column: the column to fill, where it cannot be told.

    Raises:
        UsageFault: GR101, there is no such lab; GR104, the format is for one run; GR112, the file to fill is missing
            or does not fit.
    """
    if target not in OF_CLASSES:
        raise UsageFault("GR104", f"{target} is a format for one run.", f"For a class: {', '.join(OF_CLASSES)}.")
    lab_id = None if lab_id is None else find_lab(classroom.labs, lab_id).id
    standings, graded, entries = _class_of(classroom, lab_id)
    filled = None
    if target in _FILLERS:
        filled = _FILLERS[target](
            _original(fill, target), [entry for entry in entries if entry.points is not None], column
        )
        content, rows = filled.content, len(filled.filled)
    elif target == "junit":
        content, rows = junit([public_grade(grade) for grade in graded.values()]), len(graded)
    elif target == "lti":
        content, rows = _lti(standings, graded), len(graded)
    else:
        content, rows = (own_table if target == "csv" else nbgrader_table)(entries), len(entries)
    changed = classroom.book.note_export(target, lab_id or "", fill or Path(), content, rows)
    return Exported(content, rows, changed, filled)


def class_csv(classroom: Classroom, lab_id: str) -> bytes:
    """Return the grades of a lab as `grader export --to csv` writes them, without noting that they were exported.

    Args:
        classroom: with the gradebook.
        lab_id: the lab.

    Raises:
        UsageFault: GR101, there is no such lab.
    """
    return own_table(_class_of(classroom, lab_id)[2])


def _class_of(classroom: Classroom, lab_id: str | None) -> tuple[list[Standing], dict[int, Grade], list[Entry]]:
    """Return where students stand, the grades that count, and both as entries of a table."""
    labs = {lab.id: lab for lab in classroom.labs}
    standings = classroom.standings(lab_id)
    grades = {
        entry.submission_id: classroom.book.grade(entry.submission_id) for entry in standings if entry.submission_id
    }
    graded = {number: grade for number, grade in grades.items() if grade is not None}
    entries = [_entry(standing, labs.get(standing.lab_id), graded) for standing in standings]
    return standings, graded, entries


def grade_for_gradescope(settings: Settings, place: Path, lab_id: str | None) -> float:
    """Grade what Gradescope was handed, and write results.json whatever happens.

    Args:
        settings: of the course.
        place: `/autograder`, with `submission/`, `submission_metadata.json` and `results/`.
        lab_id: the lab that it must be of; else the notebook says.

    Returns:
        The score.
    """
    workshop = Workshop(settings)
    try:
        request = Request(
            notebook=_only_notebook(place / "submission", workshop, lab_id),
            lab_id=lab_id,
            student_id=_gradescope_student(place / "submission_metadata.json"),
            profile=settings.profile,
            device=settings.device,
        )
        grade, _ = workshop.grade(request, lambda _stage, _sentence: None)
        made = gradescope.results(public_grade(grade), grade)
    except GraderError as error:
        made = gradescope.refusal(error.code, error.message, error.hint)
    except Exception as error:
        made = gradescope.refusal("GR509", f"{type(error).__name__}: {error}", "Tell your instructor.")
    try:
        (place / "results").mkdir(parents=True, exist_ok=True)
        (place / "results" / "results.json").write_bytes(_json(made))
    except OSError as exc:
        raise InternalFault("GR507", f"results.json could not be written: {exc.strerror}.") from exc
    return float(made["score"])


def _entry(standing: Standing, lab: Lab | None, grades: dict[int, Grade]) -> Entry:
    grade = grades.get(standing.submission_id or 0)
    return Entry(
        sid=standing.sid,
        lab_id=standing.lab_id,
        lab_title=lab.title if lab else "",
        name=standing.name,
        email=standing.email,
        section=standing.section,
        lms=standing.lms,
        state=standing.state,
        attempts=standing.attempts,
        received=standing.received if standing.time_known else None,
        due=lab.late.due if lab else "",
        late_seconds=standing.late_seconds,
        raw=standing.raw,
        points=standing.points,
        possible=standing.possible,
        total=standing.total if standing.total is not None else lab.points if lab else None,
        run_id=standing.run_id,
        code=standing.code,
        comment=standing.message if grade is None else summary(public_grade(grade)),
    )


def _original(fill: Path | None, target: str) -> bytes:
    if fill is None:
        hint = "Export the gradebook (Canvas) or download the grading worksheet (Moodle), then `--fill FILE`."
        raise UsageFault("GR112", f"{target.title()} needs its own file to fill.", hint)
    try:
        return fill.read_bytes()
    except OSError as exc:
        raise UsageFault("GR112", f"{fill} cannot be read: {exc.strerror}.") from exc


def _github(workshop: Workshop, grades: Sequence[Grade]) -> bytes:
    """Annotations for the log; the pages go to the job's summary, where there is one."""
    root = workshop.settings.root
    lines = [
        github.annotation(grade, workshop.lab(grade.lab.id).starter.relative_to(root).as_posix()) for grade in grades
    ]
    summary_file = os.environ.get("GITHUB_STEP_SUMMARY")
    if summary_file:
        page = github.job_summary("\n\n".join(render_markdown(grade) for grade in grades))
        with Path(summary_file).open("a", encoding="utf-8") as file:
            file.write(page + "\n")
    return ("\n".join(lines) + "\n").encode()


def _lti(standings: Sequence[Standing], grades: dict[int, Grade]) -> bytes:
    now = dt.datetime.now(dt.UTC)
    scores: list[dict[str, object]] = []
    for entry in standings:
        full = grades.get(entry.submission_id or 0)
        if full is not None:
            received = entry.received if entry.time_known else None
            user = entry.lms.get("lti") or entry.lms.get("canvas") or entry.lms.get("moodle") or entry.sid
            scores.append({"lab": entry.lab_id, **lti.score(public_grade(full), full, user, received, now)})
    return _json({"schema": "grader.lti-scores/1", "mediaType": lti.MEDIA_TYPE, "scores": scores})


def _only_notebook(folder: Path, workshop: Workshop, lab_id: str | None) -> Path:
    found = list(notebooks_below(folder)) if folder.is_dir() else []
    slugs = [lab.slug for lab in workshop.chosen([lab_id] if lab_id else None)]
    named = [path for path in found if any(slug in path.name for slug in slugs)]
    chosen = found if len(found) == 1 else named
    if len(chosen) != 1:
        hint = "Hand in the notebook of the lab alone."
        raise UsageFault("GR110", f"{len(found)} notebooks were handed in, and one is graded.", hint)
    return chosen[0]


def _gradescope_student(path: Path) -> str | None:
    try:
        users = json.loads(path.read_text("utf-8"))["users"]
        return safe_id(str(users[0].get("email") or users[0]["id"]))
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return None


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1, allow_nan=False).encode() + b"\n"
