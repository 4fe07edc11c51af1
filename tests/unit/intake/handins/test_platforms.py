"""Downloads of Canvas, Moodle and Gradescope are read as these write them."""

import datetime as dt

import pytest

from grader.errors import SubmissionFault
from grader.intake.handins.platforms import CANVAS, MOODLE, canvas, gradescope, moodle

METADATA = """\
---
submission_101:
  :submitters:
  - :name: Ada Lovelace
    :sid: '7001'
    :email: ada@example.org
  - :name: Ben
    :sid: ''
    :email: ben@example.org
  :created_at: 2026-11-20 19:21:27.593216000 Z
  :score: 0.0
  :status: processed
  :history:
  - :id: 1
    :created_at: !ruby/object:ActiveSupport::TimeWithZone
      utc: 2026-11-19 10:00:00.000000000 Z
      zone: !ruby/object:ActiveSupport::TimeZone
        name: Etc/UTC
submission_102:
  :submitters:
  - :name: Cy
    :sid: '7003'
    :email: ''
  :created_at: !ruby/object:ActiveSupport::TimeWithZone
    utc: 2026-11-21 08:00:00.000000000 Z
'../outside':
  :submitters:
  - :name: Eve
  :created_at: nonsense
submission_103: not a mapping
"""


def write(folder, *names):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}")
    return folder


@pytest.mark.parametrize(
    ("name", "user", "late"),
    [
        ("lovelaceada_123_456_lab.ipynb", "123", False),
        ("lovelaceada_LATE_123_456_lab.ipynb", "123", True),
        ("anon_AbC12_456_lab.ipynb", None, False),
        ("123_456_lab_2_of_3.ipynb", "123", False),
        ("lovelaceada_123_456_lab-1.ipynb", "123", False),
        ("o_brien_LATE_9_1_a_b.ipynb", "9", True),
    ],
)
def test_names_of_canvas_are_taken_apart(name, user, late):
    found = CANVAS.match(name)

    assert (found["user"], found["late"] is not None) == (user, late)


def test_a_canvas_download_says_who_and_whether_late(tmp_path):
    write(
        tmp_path,
        "lovelaceada_LATE_7_1_lab.ipynb",
        "ben_8_2_work.zip/deep/lab.ipynb",
        "anon_x9_3_a.ipynb",
        "notes.ipynb",
    )
    found = list(canvas(tmp_path))

    assert [(entry.who.key, entry.late_mark, entry.shown) for entry in found] == [
        ("anon-x9", False, "anon_x9_3_a.ipynb"),
        ("7", True, "lovelaceada_LATE_7_1_lab.ipynb"),
        ("8", False, "ben_8_2_work.zip/deep/lab.ipynb"),
    ]
    assert found[1].who.lms == {"canvas": "7"}
    assert found[1].received is None


@pytest.mark.parametrize(
    "name",
    [
        "Ada Lovelace_123_assignsubmission_file_/lab.ipynb",
        "Ada Lovelace_123_assignsubmission_file_lab.ipynb",
        "Ada_Lovelace_123_assignsubmission_file/lab.ipynb",
    ],
)
def test_names_of_moodle_are_taken_apart(name):
    found = MOODLE.match(name)

    assert (found["id"], found["path"]) == ("123", "lab.ipynb")


def test_a_moodle_download_says_who(tmp_path):
    write(
        tmp_path,
        "Ada Lovelace_12_assignsubmission_file_/lab.ipynb",
        "Zoë Müller_13_assignsubmission_file_/sub/lab.ipynb",
        "Zoë Müller_13_assignsubmission_onlinetext_/text.ipynb",
    )

    assert [(entry.who.key, entry.who.name, entry.who.lms) for entry in moodle(tmp_path)] == [
        ("12", "Ada Lovelace", {"moodle": "12"}),
        ("13", "Zoë Müller", {"moodle": "13"}),
    ]


def test_a_gradescope_export_says_who_and_when_and_counts_for_every_member(tmp_path):
    root = tmp_path / "assignment_1_export"
    write(root, "submission_101/lab.ipynb", "submission_102/deep/lab.ipynb", "submission_103/lab.ipynb")
    write(tmp_path, "outside/lab.ipynb")
    (root / "submission_metadata.yml").write_text(METADATA)

    found = [(entry.who.key, entry.who.email, entry.received) for entry in gradescope(tmp_path)]
    first = dt.datetime(2026, 11, 20, 19, 21, 27, 593216, tzinfo=dt.UTC)
    assert found == [
        ("7001", "ada@example.org", first),
        ("ben@example.org", "ben@example.org", first),
        ("7003", "", dt.datetime(2026, 11, 21, 8, tzinfo=dt.UTC)),
    ]


@pytest.mark.parametrize("text", ["{", "a: !!python/object/apply:os.system ['true']", "\udcff"])
def test_metadata_that_cannot_be_read_is_refused_and_makes_no_objects(tmp_path, text):
    (tmp_path / "submission_metadata.yml").write_bytes(text.encode("utf-8", "surrogateescape"))

    with pytest.raises(SubmissionFault) as caught:
        list(gradescope(tmp_path))
    assert caught.value.code == "GR323"


def test_metadata_of_another_form_holds_nobody(tmp_path):
    (tmp_path / "submission_metadata.yml").write_text("- a list")

    assert list(gradescope(tmp_path)) == []
