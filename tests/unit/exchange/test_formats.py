"""Each format is what its system's own documentation asks for."""

import csv
import datetime as dt
import io
import json
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import pytest

from grader.exchange import github, gradescope, lti
from grader.exchange.junit import junit
from grader.exchange.tables import NBGRADER, nbgrader_table, own_table, split_name
from grader.model.verdict import VerdictStatus
from tests.fakes import grades

GOLDEN = Path(__file__).parents[2] / "assets" / "exchange"
NOW = dt.datetime(2026, 11, 23, 15, 0, 0, 123456, tzinfo=dt.timezone(dt.timedelta(hours=1)))
ALL = [
    grades.failing,
    grades.perfect,
    grades.lora,
    grades.stopped,
    grades.not_attempted,
    grades.never_started,
    grades.empty,
]


def golden(name, content):
    """Compare with a file that people have read; written anew where it is missing."""
    path = GOLDEN / name
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        pytest.fail(f"{name} was written: read it, then commit it")
    assert content.decode() == path.read_text("utf-8")


def as_json(value):
    return json.dumps(value, ensure_ascii=False, indent=1).encode() + b"\n"


def test_golden_files(entries):
    grade = grades.failing()
    golden("gradescope.json", as_json(gradescope.results(grade, grade)))
    golden("junit.xml", junit([grade, grades.perfect()]))
    golden("github.txt", github.annotation(grade, "labs/a b,c.ipynb").encode() + b"\n")
    golden("lti.json", as_json(lti.score(grade, grade, "user-7", NOW, NOW)))
    golden("nbgrader.csv", nbgrader_table(entries))
    golden("class.csv", own_table(entries))


@pytest.mark.parametrize("make", ALL)
def test_results_of_gradescope_keep_to_its_specification(make):
    grade = make()
    made = gradescope.results(grade, grade)

    assert set(made) <= {
        "score", "execution_time", "output", "output_format", "test_output_format", "test_name_format", "visibility",
        "stdout_visibility", "extra_data", "tests", "leaderboard",
    }  # fmt: skip
    assert made["output_format"] == made["test_output_format"] == "text"
    assert made["score"] >= 0
    for test in made["tests"]:
        assert set(test) <= {"score", "max_score", "status", "name", "number", "output", "tags", "visibility"}
        assert test.get("status", "passed") in {"passed", "failed"}
        assert test["visibility"] in {"visible", "hidden"}
    json.dumps(made, allow_nan=False)


def test_only_a_fault_of_ours_hides_a_test_from_students(broken):
    def hidden(grade):
        return [test for test in gradescope.results(grade, grade)["tests"] if test["visibility"] == "hidden"]

    assert not hidden(grades.failing())
    (staff,) = hidden(broken)
    assert "staff" in staff["name"].lower()
    assert "Traceback: KeyError 'x'" in staff["output"]


def test_points_that_could_not_be_judged_do_not_lower_the_score(broken):
    grade = broken
    made = gradescope.results(grade, grade)

    assert made["score"] == pytest.approx(grade.score * grade.total / grade.possible, abs=0.01)
    for verdict, test in zip(grade.verdicts, made["tests"], strict=False):
        if verdict.status is VerdictStatus.OUR_FAULT:
            assert (test["max_score"], "status" in test) == (0, False)


def test_a_refusal_is_a_result_with_the_next_step():
    made = gradescope.refusal("GR301", "Not a notebook \x1b[31m", "Save it again.")

    assert (made["score"], made["output"]) == (0, "GR301  Not a notebook [31m\nTry this: Save it again.")
    assert gradescope.refusal("GR1", "x" * 30_000, "")["output"].endswith("(clipped)")


@pytest.mark.parametrize("make", ALL)
def test_junit_fits_the_schema_of_jenkins(make):
    root = ET.fromstring(junit([make()]))

    assert root.tag == "testsuites"
    (suite,) = root
    assert {"name", "tests", "failures", "errors", "skipped", "time", "timestamp", "hostname"} == set(suite.attrib)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", suite.get("timestamp"))
    cases = suite.findall("testcase")
    assert suite.get("tests") == str(len(cases))
    for kind, name in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
        assert suite.get(name) == root.get(name) == str(len(suite.findall(f"testcase/{kind}")))
    for case in cases:
        assert {child.tag for child in case} <= {"failure", "error", "skipped", "system-out"}
        assert case.find("properties") is None


def test_junit_can_hold_whatever_a_student_wrote():
    grade = grades.failing()
    hostile = replace(
        grade.verdicts[0], status=VerdictStatus.FAILED, message="\x00\x1b]0;x\x07 ]]> <script>&\ud800\uffff"
    )
    root = ET.fromstring(junit([replace(grade, verdicts=(hostile,))]))

    assert "<script>&" in root.find(".//failure").text


def test_an_annotation_is_one_command_whatever_it_quotes():
    grade = grades.failing()
    check = replace(grade.verdicts[0].check, title="a\n::error::x\r\n::add-mask::secret %0A")
    hostile = replace(grade, verdicts=(replace(grade.verdicts[0], check=check, status=VerdictStatus.FAILED),))
    line = github.annotation(hostile, "a:b,c\n::stop-commands::x.ipynb")

    assert len(line.splitlines()) == 1
    command, _, data = line[2:].partition("::")
    assert (command.split(" ")[0], command.count(","), "%250A" in data) == ("error", 1, True)
    assert "file=a%3Ab%2Cc" in command


@pytest.mark.parametrize(
    ("make", "kind"), [(grades.perfect, "notice"), (grades.stopped, "error"), (grades.never_started, "warning")]
)
def test_the_kind_of_an_annotation_says_whose_it_is(make, kind):
    assert github.annotation(make(), "lab.ipynb").startswith(f"::{kind} file=lab.ipynb,title=Lab ")


def test_a_summary_stays_below_what_github_drops():
    short = "# Lab\n"
    long = github.job_summary("ü" * 1024 * 1024)

    assert github.job_summary(short) == short
    assert len(long.encode()) < 1024 * 1024
    assert long.endswith("too long.*\n")


def test_a_score_of_lti_says_whether_a_person_must_look(broken):
    for grade, progress, activity in (
        (grades.perfect(), "FullyGraded", "Completed"),
        (broken, "PendingManual", "Submitted"),
    ):
        made = lti.score(grade, grade, "u", None, NOW)
        assert (made["gradingProgress"], made["activityProgress"]) == (progress, activity)
        assert made["timestamp"] == "2026-11-23T14:00:00.123Z"
        assert "submission" not in made
        assert 0 <= made["scoreGiven"] <= made["scoreMaximum"]


def test_the_table_of_nbgrader_has_a_row_for_everybody(entries):
    rows = list(csv.DictReader(io.StringIO(nbgrader_table(entries).decode())))

    assert tuple(rows[0]) == NBGRADER
    assert [(row["student_id"], row["score"], row["timestamp"]) for row in rows] == [
        ("ada", "90.00", "2026-11-20 12:00:00"),
        ("ben", "40.50", "2026-11-20 12:00:00"),
        ("cy", "87.50", "2026-11-20 12:00:00"),
        ("zoe", "0.00", ""),
    ]
    assert (rows[0]["raw_score"], rows[0]["late_submission_penalty"]) == ("100.00", "10.00")
    assert (rows[0]["first_name"], rows[0]["last_name"]) == ("Ada", "Lovelace")


def test_no_cell_of_a_table_is_a_formula(entries):
    for table in (own_table(entries), nbgrader_table(entries)):
        for row in csv.reader(io.StringIO(table.decode())):
            assert not [cell for cell in row if cell.startswith(("=", "+", "@", "\t"))]


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("Ada Lovelace", ("Ada", "Lovelace")),
        ("Lovelace, Ada", ("Ada", "Lovelace")),
        ("Ada", ("Ada", "")),
        ("", ("", "")),
    ],
)
def test_names_are_taken_apart(name, parts):
    assert split_name(name) == parts
