"""Rosters of every usual form are read, and students of a download are found in them."""

import pytest

from grader.errors import UsageFault
from grader.intake.handins.base import Who
from grader.intake.handins.roster import Roster, Student, read_roster

CANVAS = """\
Student,ID,SIS User ID,SIS Login ID,Section,Lab 1 (42)
    Points Possible,,,,,100
"Lovelace, Ada",7,S1,ada,A,
"Student, Test",9,,test,A,
"""
MOODLE = """\
\ufeffIdentifier,Full name,Email address,Grade
Participant 12,Ada Lovelace,ada@example.org,
Teilnehmer/in 13,Ben,ben@example.org,
"""


def roster_of(tmp_path, text):
    path = tmp_path / "roster.csv"
    path.write_text(text, encoding="utf-8")
    return read_roster(path)


@pytest.mark.parametrize(
    "text",
    [
        "id,name,email\nada,Ada Lovelace,ada@example.org\n",
        "ID;Full Name;E-Mail\nada;Ada Lovelace;ada@example.org\n",
        "Student ID\tFirst name\tLast name\tEmail address\nada\tAda\tLovelace\tada@example.org\n",
    ],
)
def test_columns_are_known_by_their_usual_names(tmp_path, text):
    (student,) = roster_of(tmp_path, text).students

    assert (student.sid, student.name, student.email) == ("ada", "Ada Lovelace", "ada@example.org")


def test_an_export_of_canvas_will_do(tmp_path):
    (student,) = roster_of(tmp_path, CANVAS).students

    assert student == Student("S1", "Lovelace, Ada", "", "A", {"canvas": "7", "login": "ada"})


def test_a_worksheet_of_moodle_will_do_in_any_language(tmp_path):
    ada, ben = roster_of(tmp_path, MOODLE).students

    assert (ada.sid, ada.lms, ben.lms) == ("ada@example.org", {"moodle": "12"}, {"moodle": "13"})


ADA = Student("S1", "Lovelace, Ada", "ada@example.org", "A", {"canvas": "7", "github": "ada-l"})
BEN = Student("S2", "Ben Ü.", "", "A", {})
TWIN = Student("S3", "Ben Ü.", "", "B", {})


@pytest.mark.parametrize(
    "who",
    [
        Who("x", lms={"canvas": "7"}),
        Who("lovelaceada"),
        Who("x", "Ada Lovelace"),
        Who("s1"),
        Who("ADA@example.org"),
        Who("ada-l", lms={"github": "Ada-L"}),
    ],
)
def test_a_student_is_found_by_whatever_names_them(who):
    assert Roster([ADA, BEN]).find(who) is ADA


def test_nobody_is_guessed():
    roster = Roster([ADA, BEN, TWIN])

    assert roster.find(Who("eve")) is None
    assert roster.find(Who("Ben Ü.")) is None
    assert roster.find(Who("S3", "Ben Ü.")) is TWIN


@pytest.mark.parametrize(
    ("text", "code"),
    [("", "GR109"), ("colour,size\nred,1\n", "GR109"), ("id\nada\nada\n", "GR109")],
)
def test_a_table_that_is_no_roster_is_told(tmp_path, text, code):
    with pytest.raises(UsageFault) as caught:
        roster_of(tmp_path, text)
    assert caught.value.code == code


def test_a_roster_that_cannot_be_read_is_told(tmp_path):
    (tmp_path / "latin.csv").write_bytes("id,name\n1,Zo\xeb\n".encode("latin-1"))

    for name, code in (("nowhere.csv", "GR102"), ("latin.csv", "GR109")):
        with pytest.raises(UsageFault) as caught:
            read_roster(tmp_path / name)
        assert caught.value.code == code
