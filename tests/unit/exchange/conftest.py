"""Grades and students for the exchange tests."""

import datetime as dt
from dataclasses import replace

import pytest

from grader.exchange.entry import Entry
from grader.model.verdict import VerdictStatus
from tests.fakes import grades


def faulty():
    """A grade in which one check broke."""
    grade = grades.perfect()
    broken = replace(grade.verdicts[0], status=VerdictStatus.OUR_FAULT, fraction=None, staff="Traceback: KeyError 'x'")
    return replace(
        grade,
        verdicts=(broken, *grade.verdicts[1:]),
        score=grade.score - broken.check.points,
        possible=grade.possible - broken.check.points,
    )


@pytest.fixture
def broken():
    """A grade in which one check broke."""
    return faulty()


@pytest.fixture
def entries():
    """Three students with a grade, one with a name that is a formula, and one without."""
    lab = {"lab_id": "2.5.4", "lab_title": "Fine-tune a classifier", "total": 100.0}
    graded = {
        **lab,
        "state": "graded",
        "attempts": 1,
        "possible": 100.0,
        "received": dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC),
    }
    return [
        Entry(
            "ada",
            name="Lovelace, Ada",
            email="ada@example.org",
            lms={"canvas": "7", "moodle": "12"},
            raw=100.0,
            points=90.0,
            comment="Well done",
            **graded,
        ),
        Entry(
            "ben",
            name='=HYPERLINK("http://evil","x")',
            lms={"canvas": "8", "moodle": "13"},
            raw=40.5,
            points=40.5,
            comment="=1+1",
            **graded,
        ),
        Entry(
            "cy", name="Cy", lms={"canvas": "9", "moodle": "14"}, raw=70.0, points=70.0, **(graded | {"possible": 80.0})
        ),
        Entry("zoe", name="Zoe Z", lms={"canvas": "10", "moodle": "15"}, **lab),
    ]
