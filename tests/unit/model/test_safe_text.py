"""Texts of strangers in cells, logs and terminals."""

import csv
import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.model.safe_text import csv_text, github_data, github_property, log_line, one_line

#: What the runner of GitHub looks for: `::` where a line begins, `##[` anywhere in it.
COMMANDS = ["::add-mask::x", "  ::set-output name=a::b", "##[command]x", "a ##[error]b", "##vso[task]x", "###[x"]


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r\n=1", " =1", "\uff1d1", "\ufeff=1", "=cmd|'/c'!A0"]
)
def test_no_cell_is_a_formula(text):
    assert csv_text(text).startswith("'")


@pytest.mark.parametrize("text", ["Zoë Müller", "a=b", "", "1-2", "'quoted'"])
def test_plain_cells_stay_as_they_are(text):
    assert csv_text(text) == text


@given(st.text())
def test_a_cell_is_one_row_of_one_cell_whatever_it_holds(text):
    written = io.StringIO()
    csv.writer(written).writerow([csv_text(text), "next"])
    rows = list(csv.reader(io.StringIO(written.getvalue())))
    assert rows == [[csv_text(text), "next"]]
    assert not csv_text(text).lstrip().startswith(("=", "+", "-", "@"))
    assert csv_text(text).encode("utf-8") is not None


@pytest.mark.parametrize("text", COMMANDS)
def test_no_line_of_a_log_is_a_command(text):
    line = log_line(text)
    assert not line.lstrip().startswith("::")
    assert not re.search(r"##\w*\[", line)


@pytest.mark.parametrize("text", ["a::b", "## Heading", "tensor[0] #1", "    indented   text"])
def test_a_line_without_a_command_stays_as_it_is(text):
    assert log_line(text) == text


@given(st.text().map(one_line))
def test_whatever_the_text_no_line_of_it_is_a_command(text):
    line = log_line(text)
    assert not line.lstrip().startswith("::")
    assert not re.search(r"##\w*\[", line)


def test_escapes_of_terminals_are_shown_not_sent():
    assert one_line("a\x1b[2Jb\x9bc\u202ed\ud800") == "a\\x1b[2Jb\\x9bc\\u202ed\\ud800"


def test_one_line_is_cut_with_an_ellipsis():
    assert one_line("a  b\n c", 10) == "a b c"
    assert one_line("x" * 30, 10) == "xxxxxxxxx…"


def test_annotations_keep_their_lines_and_end_where_they_should():
    assert github_data("50 %\n::error::x\r\n\x1b[0m") == "50 %25%0A::error::x%0A\\x1b[0m"
    assert github_property("a:b,c\n%") == "a%3Ab%2Cc %25"
