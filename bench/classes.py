"""`python -m bench class`: what a class costs beside running and judging: ledger, gradebook and exports."""

import datetime as dt
import hashlib
import resource
import tempfile
import time
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from grader.exchange.entry import Entry
from grader.exchange.junit import junit
from grader.exchange.tables import own_table
from grader.gradebook.book import open_gradebook
from grader.gradebook.ledger import Job
from grader.gradebook.records import Handin, JudgedRun, Person
from grader.grading.project import project
from grader.model.lab import LatePolicy
from tests.fakes import grades
from tests.fakes.labs import make_lab


def measure_class(students: int, place: str | None = None) -> dict[str, float]:
    """Take a class of synthetic submissions through ledger, gradebook and exports.

    Args:
        students: how many; each has a grade of eleven checks of its own.
        place: the gradebook; a new SQLite file when left out.

    Returns:
        Milliseconds for each submission, or seconds for the class, by name; memory in MiB.
    """
    figures: dict[str, float] = {}

    @contextmanager
    def timed(name: str, each: bool):
        started, worked = time.perf_counter(), time.process_time()
        yield
        for kind, took in (("", time.perf_counter() - started), (" of CPU", time.process_time() - worked)):
            figures[name + kind] = 1000 * took / students if each else took

    lab = make_lab(late=LatePolicy(due="2026-12-01T12:00:00Z", penalty_per_day=10))
    with tempfile.TemporaryDirectory() as folder:
        book = open_gradebook(place or f"{folder}/gradebook.db", "bench", project)
        people = [Person(f"s{number:04}", f"Student {number}") for number in range(students)]
        ledger = book.ledger()
        with timed("plan, ms each", each=True):
            book.keep_course([lab], people)
            numbers = book.hand_in_all((person, _handin(person, lab.id)) for person in people)
            ledger.add(Job(_key(person.sid), "grade") for person in people)
        base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        with timed("claim and commit, ms each", each=True):
            for number, person in zip(numbers, people, strict=True):
                (claim,) = ledger.claim(1)
                judged = JudgedRun(number, _key("run" + person.sid), claim.key, {}, _grade(person.sid), "/runs/x")
                ledger.commit(claim, "graded", book.recorder(judged))
        with timed("standings, s", each=False):
            standings = book.standings()
        documents = [grade for entry in standings if (grade := book.grade(entry.submission_id or 0)) is not None]
        with timed("CSV, s", each=False):
            own_table([Entry(entry.sid, entry.lab_id, points=entry.points) for entry in standings])
        with timed("JUnit, s", each=False):
            junit(documents)
        with timed("Parquet, s", each=False):
            book.write_parquet(Path(folder, "tables"))
        with timed("new late policy for all, s", each=False):
            book.keep_course([replace(lab, late=LatePolicy())])
            book.reproject()
        with timed("check of the event log, s", each=False):
            book.verify()
        book.close()
    figures["memory, MiB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    figures["memory after planning, MiB"] = base
    return figures


def class_lines(measure: Callable[[int], dict[str, float]] = measure_class, students: int = 500) -> list[str]:
    """Return the figures of one class as lines."""
    return [f"{students} submissions", *(f"  {name}: {value:.2f}" for name, value in measure(students).items())]


def _key(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _handin(person: Person, lab_id: str) -> Handin:
    return Handin(person.sid, _key(person.sid), dt.datetime(2026, 12, 2, tzinfo=dt.UTC), lab_id)


def _grade(sid: str):
    made = grades.failing()
    return replace(made, submission=replace(made.submission, student_id=sid), run_id=f"2.5.4-{sid}")
