import getpass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.intake.student import find_student, safe_id


def test_what_the_caller_says_counts_first():
    path = Path("/x/submissions/bob/lab.ipynb")

    assert find_student(path, {"grader": {"student": "carol"}}, "ada", "dave") == "ada"


def test_the_metadata_counts_next():
    path = Path("/x/submissions/bob/lab.ipynb")

    assert find_student(path, {"grader": {"student": "carol"}}, None, "dave") == "carol"


@pytest.mark.parametrize("metadata", [{}, {"grader": None}, {"grader": {"student": " "}}, {"grader": {"student": 3}}])
def test_the_folder_counts_where_submissions_are_collected(metadata):
    assert find_student(Path("/x/Submissions/bob/lab.ipynb"), metadata, " ", "dave") == "bob"


def test_another_folder_says_nothing():
    assert find_student(Path("/x/Downloads/lab.ipynb"), {}, None, "dave") == "dave"


def test_the_name_of_the_systems_user_counts_last(monkeypatch):
    monkeypatch.setenv("LOGNAME", "Erin Example")

    assert find_student(Path("/x/Downloads/lab.ipynb"), {}) == "Erin-Example"


def test_without_any_name_it_is_a_student(monkeypatch):
    def nobody():
        raise KeyError("getpwuid(): uid not found")

    monkeypatch.setattr(getpass, "getuser", nobody)

    assert find_student(Path("/x/lab.ipynb"), {}) == "student"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ada.lovelace@example.edu", "ada.lovelace@example.edu"),
        ("  Zoë Müller ", "Zoe-Muller"),
        ("../../etc/passwd", "etc-passwd"),
        ("-rf", "rf"),
        ("a\n::error::b", "a-error-b"),
        ("", "student"),
        ("...", "student"),
    ],
)
def test_an_id_is_made_safe(text, expected):
    assert safe_id(text) == expected


def test_names_in_other_scripts_stay_apart():
    assert safe_id("李雷") != safe_id("韩梅梅")
    assert safe_id("李雷").startswith("student-")


def test_long_names_stay_apart():
    assert safe_id("x" * 100 + "a") != safe_id("x" * 100 + "b")


@given(st.text())
def test_every_text_gives_a_safe_id_that_is_its_own_safe_id(text):
    made = safe_id(text)

    assert 1 <= len(made) <= 64
    assert made.isascii()
    assert made[0] not in "-."
    assert not set(made) & set("/\\\n\r\t <>&'\"$")
    assert safe_id(made) == made
