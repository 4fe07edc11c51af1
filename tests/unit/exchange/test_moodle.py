"""A grading worksheet of Moodle is filled the way its importer reads it."""

import csv
import io

import pytest

from grader.errors import UsageFault
from grader.exchange.entry import Entry
from grader.exchange.moodle import fill_moodle

HEADER = (
    '\ufeffIdentifier,"Full name","Email address",Status,Grade,"Maximum grade","Grade can be changed",'
    '"Last modified (grade)","Feedback comments"'
)
ROWS = (
    "Participant 12,Ada Lovelace,ada@example.org,Submitted,,100.00,Yes,-,",
    'Participant 13,Ben,,Submitted,10.00,100.00,Yes,"Friday, 20 November 2026, 12:00 PM",old',
    "Participant 99,Cy,cy@example.org,,,100.00,Yes,-,",
    "Participant 15,Zoe,,No submission,,100.00,Yes,-,",
)
FILE = ("\n".join([HEADER, *ROWS]) + "\n").encode()


def table(content):
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


def test_grades_and_feedback_are_filled_and_the_rest_stays(entries):
    filled = fill_moodle(FILE, entries)
    before, after = table(FILE), table(filled.content)

    assert [row["Grade"] for row in after] == ["90.00", "40.50", "", ""]
    assert [row["Feedback comments"] for row in after] == ["Well done", "'=1+1", "", ""]
    for name in ("Identifier", "Full name", "Last modified (grade)", "Maximum grade"):
        assert [row[name] for row in after] == [row[name] for row in before]
    assert filled.content.startswith(b"\xef\xbb\xbfIdentifier,")
    assert filled.filled == ("Participant 12", "Participant 13")


def test_who_is_left_over_is_named(entries):
    filled = fill_moodle(FILE, entries)

    assert (filled.without_grade, filled.without_row) == (("Cy (Participant 99)", "Zoe (Participant 15)"), ("cy",))


def test_a_filled_worksheet_can_be_filled_again(entries):
    once = fill_moodle(FILE, entries)

    assert fill_moodle(once.content, entries).content == once.content


def test_other_languages_are_read(entries):
    german = FILE.replace(b"Participant", b"Teilnehmer/in").replace(b",Grade,", b",Bewertung,")
    german = german.replace(b"Maximum grade", b"Bestwertung").replace(b"Feedback comments", b"Feedback als Kommentar")

    rows = table(fill_moodle(german, entries).content)
    assert (rows[0]["Bewertung"], rows[0]["Feedback als Kommentar"]) == ("90.00", "Well done")


def test_students_are_found_by_address(entries):
    only = [Entry("x", "2.5.4", email="CY@example.org", points=1, possible=2, total=2)]

    assert table(fill_moodle(FILE, only).content)[2]["Grade"] == "50.00"


def test_grades_never_exceed_what_the_column_is_worth(entries):
    filled = fill_moodle(FILE.replace(b"100.00", b"10.00"), entries)

    assert [row["Grade"] for row in table(filled.content)][:2] == ["9.00", "4.05"]
    assert filled.notes == ("Grades are scaled from 100 to 10 points.",)


def test_an_unknown_language_needs_the_name_of_the_column(entries):
    finnish = FILE.replace(b",Grade,", b",Arvosana,")
    with pytest.raises(UsageFault) as caught:
        fill_moodle(finnish, entries)
    assert (caught.value.code, "Arvosana" in caught.value.message) == ("GR112", True)

    assert table(fill_moodle(finnish, entries, "Arvosana").content)[0]["Arvosana"] == "90.00"


def test_a_worksheet_is_for_one_lab(entries):
    with pytest.raises(UsageFault):
        fill_moodle(FILE, [*entries, Entry("ada", "9.9", points=1, possible=1, total=1)])
