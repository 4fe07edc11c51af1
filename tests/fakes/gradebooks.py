"""Opens empty gradebooks on SQLite and on PostgreSQL, and fills them with small true things."""

import datetime as dt
import itertools

import pytest
import sqlalchemy as sa

from grader.gradebook.book import open_gradebook
from grader.gradebook.ledger import Job
from grader.gradebook.records import Handin, JudgedRun, Person
from grader.grading.project import project
from grader.model.lab import LatePolicy
from tests.fakes.course import NOW, a_grade, a_lab, a_run, a_submission, a_verdict
from tests.fakes.postgres import private_server

DUE = "2026-11-20T23:59:00+00:00"
ON_TIME = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def postgres():
    """A server with a migrated database `filled` to copy from."""
    with private_server() as url:
        admin = sa.create_engine(
            url("postgres").replace("postgresql:", "postgresql+psycopg:"), isolation_level="AUTOCOMMIT"
        )
        with admin.connect() as connection:
            connection.execute(sa.text("CREATE DATABASE filled"))
            open_gradebook(url("filled"), "setup", project).close()

            def fresh():
                name = f"book{next(_numbers)}"
                connection.execute(sa.text(f"CREATE DATABASE {name} TEMPLATE filled"))
                return url(name)

            yield fresh
        admin.dispose()


@pytest.fixture(params=["sqlite", "postgres"])
def place(request, tmp_path):
    """Where an empty gradebook is: one on each database."""
    if request.param == "sqlite":
        return str(tmp_path / "gradebook.db")
    return request.getfixturevalue("postgres")()


@pytest.fixture
def book(place):
    """An empty gradebook on each database."""
    opened = open_gradebook(place, "prof", project)
    yield opened
    opened.close()


def small_lab(tmp_path, **late):
    """A lab with a late policy."""
    return a_lab(tmp_path, late=LatePolicy(**({"due": DUE, "penalty_per_day": 10.0} | late)))


def enrol(book, lab, *sids):
    """Write the lab and these students down."""
    book.keep_course([lab], [Person(sid, sid.title(), f"{sid}@example.org") for sid in sids])


def hand_in(book, lab, sid, content="a", received=ON_TIME, **changes):
    """Hand a file in; returns its number."""
    return book.hand_in(Person(sid), Handin(sid, content * 64, received, lab.id, **changes))


def grade_of(lab, sid="ada", run_id=None, verdicts=None):
    """A grade of two checks, 5 points each, the second not met."""
    run_id = run_id or f"{lab.id}-{sid}"
    verdicts = verdicts or (a_verdict("test_one"), a_verdict("test_two", "failed", message="Not yet."))
    score = sum(v.check.points * (v.fraction or 0) for v in verdicts)
    return a_grade(
        lab,
        run_id=run_id,
        score=score,
        verdicts=verdicts,
        run=a_run(lab, run_id=run_id, started=NOW),
        submission=a_submission(lab, student_id=sid),
    )


def judge(book, lab, sid, content="a", *, received=ON_TIME, grade=None, judge_key=None):
    """Hand in, run and judge through the ledger, as a batch does; returns the submission's number."""
    number = hand_in(book, lab, sid, content, received)
    ledger = book.ledger()
    exec_key = f"{sid}-{content}".ljust(64, "0")
    key = judge_key or exec_key[:-1] + "j"
    ledger.add([Job(key, "grade")])
    (claim,) = ledger.claim(1, [key])
    made = grade or grade_of(lab, sid)
    judged = JudgedRun(number, exec_key, key, {"lab": lab.id}, made, f"/runs/{made.run_id}")
    assert ledger.commit(claim, "graded", book.recorder(judged))
    return number
