"""Texts of strangers in cells, logs and scripts."""

import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.model.safe_text import csv_text, github_data, github_property, log_line, one_line, script_json

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
    assert "##" not in line


@given(st.text())
def test_a_line_of_a_log_is_one_printable_line(text):
    line = log_line(text)
    assert len(line.splitlines()) <= 1
    assert "\x1b" not in line
    assert not line.lstrip().startswith("::")
    assert "##" not in line


def test_escapes_of_terminals_are_shown_not_sent():
    assert one_line("a\x1b[2Jb\x9bc\u202ed\ud800") == "a\\x1b[2Jb\\x9bc\\u202ed\\ud800"
    assert one_line("x" * 30, 10) == "xxxxxxxxx…"


def test_annotations_keep_their_lines_and_end_where_they_should():
    assert github_data("50 %\n::error::x\r\n\x1b[0m") == "50 %25%0A::error::x%0A\\x1b[0m"
    assert github_property("a:b,c\n%") == "a%3Ab%2Cc %25"


@given(st.recursive(st.text() | st.none() | st.integers(), st.lists, max_leaves=5))
def test_json_in_a_script_says_the_same_and_closes_nothing(value):
    text = script_json(value)
    assert json.loads(text) == value
    assert not set("<>&\u2028\u2029") & set(text)


def test_a_script_element_cannot_be_closed():
    assert script_json({"a": "</script><!--"}) == '{"a":"\\u003c/script\\u003e\\u003c!--"}'
    with pytest.raises(ValueError, match="JSON"):
        script_json(float("nan"))
