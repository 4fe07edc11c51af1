"""Every file is looked at, and none stops the others."""

import datetime as dt
import json

import pytest

from grader.batch.plan import look_at, people_of
from grader.intake.handins.base import HandedIn, Who
from grader.intake.handins.roster import Roster, Student
from tests.fakes.labs import make_lab
from tests.fakes.notebooks import as_bytes, notebook

NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
ROSTER = Roster([Student("ada", "Ada Lovelace", "ada@example.org", "A", {"canvas": "7"})])


@pytest.fixture
def handed(tmp_path):
    path = tmp_path / "lab.ipynb"
    path.write_bytes(as_bytes(notebook()))
    return HandedIn(path, Who("7", "lovelaceada", lms={"canvas": "7"}), "7/lab.ipynb", "canvas", late_mark=True)


def test_a_good_notebook_is_accepted_for_its_student(handed):
    planned = look_at(handed, [make_lab()], ROSTER, NOW)

    assert planned.accepted is not None
    assert (planned.person.sid, planned.person.section, planned.handin.lab_id) == ("ada", "A", "2.5.4")
    assert planned.accepted.submission.student_id == "ada"
    assert (planned.handin.received, planned.handin.time_known, planned.handin.late_mark) == (NOW, False, True)


def test_somebody_who_is_not_in_the_roster_is_graded_and_known_as_such(handed):
    stranger = HandedIn(handed.path, Who("Eve!"), "eve/lab.ipynb", "folder", NOW)

    planned = look_at(stranger, [make_lab()], ROSTER, NOW)
    assert (planned.person.sid, planned.person.enrolled, planned.handin.time_known) == ("Eve", False, True)
    assert look_at(stranger, [make_lab()], Roster(), NOW).person.enrolled


@pytest.mark.parametrize(
    ("content", "code"), [(b"<<<<", "GR301"), (json.dumps(notebook(lab="9.9")).encode(), "GR318"), (None, "GR102")]
)
def test_a_file_that_cannot_be_graded_says_why_and_whose_it_is(handed, content, code):
    if content is None:
        handed.path.unlink()
    else:
        handed.path.write_bytes(content)

    planned = look_at(handed, [make_lab(), make_lab("2.5.5")], ROSTER, NOW)
    assert (planned.accepted, planned.handin.refused_code, planned.handin.lab_id) == (None, code, None)
    assert (planned.person.sid, len(planned.handin.content_sha)) == ("ada", 64)


def test_the_lab_of_a_file_that_cannot_be_read_is_told_by_name_or_by_the_only_lab(handed, tmp_path):
    named = tmp_path / "ada_lab-2.5.5-example (1).ipynb"
    named.write_text("<<<<")
    broken = HandedIn(named, Who("ada"), named.name, "folder")
    labs = [make_lab(), make_lab("2.5.5")]

    assert look_at(broken, labs, ROSTER, NOW).handin.lab_id == "2.5.5"
    assert look_at(broken, labs, ROSTER, NOW, labs[0]).handin.lab_id == "2.5.4"
    assert look_at(HandedIn(named, Who("ada"), "x", "folder"), labs[:1], ROSTER, NOW).handin.lab_id == "2.5.4"


def test_the_roster_becomes_people():
    (person,) = people_of(ROSTER)

    assert (person.sid, person.name, person.email, person.enrolled) == ("ada", "Ada Lovelace", "ada@example.org", True)
