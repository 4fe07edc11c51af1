"""A gradebook of Canvas is filled the way its importer reads it."""

import csv
import io
import re

import pytest

from grader.errors import UsageFault
from grader.exchange.canvas import fill_canvas
from grader.exchange.entry import Entry

HEADER = "Student,ID,SIS User ID,SIS Login ID,Section,Lab 2.5.4 (42),Lab 2.5.41 (43),Current Score"
POINTS = "    Points Possible,,,,,100.00,10.00,(read only)"
ROWS = (
    '"Lovelace, Ada",7,S1,ada,A,,,',
    '"=HYPERLINK(""http://evil"",""x"")",8,S2,ben,A,12.00,,',
    "Cy,9,S3,cy,B,,3,",
    "Zoe Z,10,S4,zoe,B,,,",
    '"Nobody, Known",99,S9,nob,B,,,',
    '"Student, Test",100,,test,A,,,',
)
FILE = "\n".join([HEADER, POINTS, *ROWS]) + "\n"


def parsed(filled):
    return list(csv.reader(io.StringIO(filled.content.decode("utf-8-sig"))))


def imported(content):
    """What gradebook_importer.rb takes from a file: grades by student id and assignment id."""
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    header = rows[0]
    assert "Student" in header[0]
    assert "ID" in header[1]
    last = max(place for place, cell in enumerate(header) if "Section" in cell)
    found = {}
    for row in rows[1:]:
        if "Points Possible" in row[0]:
            continue
        for place in range(last + 1, len(header)):
            assignment = re.match(r"\A(.*)\s\((\d+)\)\Z", header[place])
            assert assignment, "this would become a new assignment"
            found[row[1], assignment[2]] = row[place]
    return found


def test_the_lab_is_filled_and_everything_else_left_out(entries):
    filled = fill_canvas(FILE.encode(), entries)

    assert parsed(filled)[0] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Lab 2.5.4 (42)"]
    assert parsed(filled)[1][0] == "    Points Possible"
    assert imported(filled.content) == {("7", "42"): "90.00", ("8", "42"): "40.50", ("9", "42"): "87.50"}


def test_students_without_a_grade_or_a_row_are_named_and_nobody_is_guessed(entries):
    filled = fill_canvas(
        FILE.encode(), [*entries, Entry("eve", "2.5.4", name="Nobody, Known", points=1, possible=1, total=1)]
    )

    assert filled.without_grade == ("Zoe Z", "Nobody, Known")
    assert filled.without_row == ("eve",)
    assert "99" not in filled.content.decode()


def test_a_name_that_is_a_formula_is_defused(entries):
    names = [row[0] for row in parsed(fill_canvas(FILE.encode(), entries))]

    assert '\'=HYPERLINK("http://evil","x")' in names


def test_a_filled_file_can_be_filled_again(entries):
    once = fill_canvas(FILE.encode(), entries)

    assert fill_canvas(once.content, entries).content == once.content


def test_points_are_scaled_to_what_the_column_is_worth(entries):
    filled = fill_canvas(FILE.replace("100.00", "20.00").encode(), entries)

    assert imported(filled.content)["7", "42"] == "18.00"
    assert filled.notes == ("Grades of lab 2.5.4 are scaled from 100 to 20 points.",)


def test_files_of_other_countries_stay_as_they_are(entries):
    original = (
        FILE.replace(",", ";").replace("100.00", "100,00").replace("Lovelace;", "Lovelace,").replace("\n", "\r\n")
    )
    original = original.replace('""http://evil"";""x""', "x").replace("12.00", "12,00")
    filled = fill_canvas(b"\xef\xbb\xbf" + original.encode(), entries)

    assert filled.content.startswith(b"\xef\xbb\xbfStudent;ID;")
    assert b"90,00\r\n" in filled.content


@pytest.mark.parametrize("column", ["42", "Lab 2.5.4", "Lab 2.5.4 (42)"])
def test_a_column_can_be_named(entries, column):
    renamed = [Entry("ada", "9.9", "Another lab", lms={"canvas": "7"}, points=5, possible=10, total=10)]

    assert imported(fill_canvas(FILE.encode(), renamed, column).content) == {("7", "42"): "50.00"}


def test_several_labs_fill_their_columns_and_keep_the_rest(entries):
    more = Entry("ada", "2.5.41", "Other", lms={"canvas": "7"}, points=9, possible=10, total=10)
    found = imported(fill_canvas(FILE.encode(), [*entries, more]).content)

    assert (found["7", "43"], found["9", "43"], found["9", "42"]) == ("9.00", "3", "87.50")


def test_students_are_found_by_the_ids_of_the_school(entries):
    only = [Entry("S4", "2.5.4", points=1, possible=1, total=1), Entry("cy", "2.5.4", points=1, possible=1, total=1)]

    assert set(imported(fill_canvas(FILE.encode(), only).content)) == {("9", "42"), ("10", "42")}


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("", None),
        ("a,b\n1,2\n", None),
        ("\udcff\udcff", None),
        (FILE.replace("Lab 2.5.4 (42)", "Essay (42)"), None),
        (FILE.replace("Lab 2.5.4 (42)", "Lab 2.5.4"), None),
        (FILE, "77"),
    ],
)
def test_a_file_that_does_not_fit_is_refused(entries, text, column):
    with pytest.raises(UsageFault) as caught:
        fill_canvas(text.encode("utf-8", "surrogateescape"), entries, column)
    assert caught.value.code == "GR112"


def test_a_named_column_is_for_one_lab(entries):
    with pytest.raises(UsageFault):
        fill_canvas(FILE.encode(), [*entries, Entry("ada", "9.9", points=1, possible=1, total=1)], "42")
