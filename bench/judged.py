"""`python -m bench judged`: a class whose artifacts all differ, really judged, stored, exported and shown."""

import datetime as dt
import hashlib
import itertools
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path

import psutil

from bench.memory import watched
from grader.gradebook.ledger import Job, Ledger
from grader.gradebook.records import Handin, JudgedRun, Person
from grader.model.lab import Lab
from grader.pipeline import Request
from grader.settings import Settings
from grader.validating import Case, load_cases
from grader.validating.cases import Edit
from grader.wiring.batching import Batch
from grader.wiring.bench import Bench
from grader.wiring.classroom import Classroom
from grader.wiring.engines import default_workers
from grader.wiring.exporting import export_class
from grader.wiring.overviewing import Overviewer
from grader.wiring.regrading import Regrade
from grader.wiring.workshop import Workshop

ROOT = Path(__file__).parents[1]
_MIB = 1024**2


@dataclass(frozen=True)
class Class:
    """A synthetic class: one real run, and a copy of it for each student with artifacts of its own."""

    classroom: Classroom
    lab: Lab
    students: int


def measure_judged(students: int, lab_id: str, profile: str) -> dict[str, float]:
    """Judge, store, export and show a class.

    Args:
        students: how many.
        lab_id: whose reference is run, once.
        profile: that it is run in.

    Returns:
        Seconds, rates and MiB by name; bytes of the class page.
    """
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="grader-bench-") as folder:
        made = _make_class(students, lab_id, profile, Path(folder).resolve())
        regrade = Regrade(made.classroom, Batch(made.classroom))
        keys = regrade.plan([lab_id])
        own: list[tuple[float, float]] = []
        started = time.perf_counter()
        with watched(_everything) as seen:
            done = regrade.run(
                keys, 2 * default_workers(), lambda tally: own.append((tally.done / tally.total, _own_mib()))
            )
        figures["judge and store, s"] = time.perf_counter() - started
        figures["submissions per hour"] = 3600 * done.judged / figures["judge and store, s"]
        figures["not judged"] = len(keys) - done.judged
        for share in (0.1, 0.5, 1.0):
            figures[f"supervisor at {share:.0%}, MiB"] = next(mib for part, mib in own if part >= share)
        figures["everything at its most, MiB"] = seen.mib
        figures |= _show(made)
        made.classroom.close()
    return figures


def judged_lines(students: int, lab_id: str, profile: str) -> list[str]:
    """Return the figures of one class as lines."""
    figures = measure_judged(students, lab_id, profile)
    return [f"{students} submissions of lab {lab_id}", *(f"  {name}: {value:,.2f}" for name, value in figures.items())]


def _make_class(students: int, lab_id: str, profile: str, folder: Path) -> Class:
    settings = Settings(root=ROOT, runs=folder / "runs", cache=folder / "cache", student="reference")
    workshop, classroom = Workshop(settings), Classroom(settings)
    lab = workshop.lab(lab_id)
    grade, run = workshop.grade(Request(lab.solution, lab.id, profile=profile), lambda _stage, _words: None)
    bench = Bench(workshop.stages)
    people = [Person(f"s{number:04}", f"Student {number}") for number in range(students)]
    classroom.book.keep_course([lab], people)
    handed_in = dt.datetime(2026, 12, 2, tzinfo=dt.UTC)
    numbers = classroom.book.hand_in_all((one, Handin(one.sid, _key(one.sid), handed_in, lab.id)) for one in people)
    ledger = classroom.book.ledger()
    for number, person, case in zip(numbers, people, itertools.cycle(_cases(lab)), strict=False):
        own = settings.runs / f"{lab.id}-{person.sid}"
        bench.make(_of_its_own(case, person.sid), lab, run, own)
        judged = JudgedRun(number, _key(f"run {person.sid}"), _key(f"old {person.sid}"), {}, grade, str(own))
        _record(ledger, classroom, judged)
    return Class(classroom, lab, students)


def _record(ledger: Ledger, classroom: Classroom, judged: JudgedRun) -> None:
    ledger.add([Job(judged.judge_key, "grade")])
    (claim,) = ledger.claim(1)
    ledger.commit(claim, "graded", classroom.book.recorder(judged))


def _cases(lab: Lab) -> list[Case]:
    """Wrong and harmless submissions that are quick to make: they train nothing."""
    return [case for case in load_cases(lab) if case.recipe is None and {e.operator for e in case.edits} <= _QUICK]


_QUICK = {
    "replace_json",
    "scale_json",
    "shift_json",
    "swap_json",
    "drop_json",
    "delete",
    "perturb",
    "cast",
    "swap_rows",
}


def _of_its_own(case: Case, sid: str) -> Case:
    """A case whose artifacts no other student has."""
    return replace(
        case, name=f"{case.name}-{sid}", edits=(*case.edits, Edit("write_text", {"path": "notes.txt", "text": sid}))
    )


def _show(made: Class) -> dict[str, float]:
    figures: dict[str, float] = {}
    started = time.perf_counter()
    export_class(made.classroom, "csv", made.lab.id)
    figures["CSV, s"] = time.perf_counter() - started
    started = time.perf_counter()
    page = Overviewer(made.classroom).make(made.lab.id, 0.8, public=False).page
    figures["class page, s"] = time.perf_counter() - started
    figures["class page, MB"] = page.stat().st_size / 1e6
    return figures


def _own_mib() -> float:
    return psutil.Process().memory_info().rss / _MIB


def _everything() -> set[int]:
    own = psutil.Process()
    return {own.pid, *(process.pid for process in own.children(recursive=True))}


def _key(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
