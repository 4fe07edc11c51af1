"""Whatever an instructor has is recognised, unpacked and read."""

import zipfile
from pathlib import Path

import pytest

from grader.errors import SubmissionFault, UsageFault
from grader.intake.handins.find import find_handins
from tests.fakes.labs import make_lab

LABS = [make_lab()]


@pytest.fixture
def scratch(tmp_path):
    folder = tmp_path / "scratch"
    folder.mkdir()
    return folder


def folder_of(tmp_path, *names):
    folder = tmp_path / "download"
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}")
    return folder


def zip_of(tmp_path, *names):
    path = tmp_path / "download.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, "{}")
    return path


@pytest.mark.parametrize(
    ("names", "kind", "odd"),
    [
        (["ada_7_1_lab.ipynb", "ben_LATE_8_2_lab.ipynb", "notes/mine.ipynb"], "canvas", "notes/mine.ipynb"),
        (
            ["A_7_assignsubmission_file_/lab.ipynb", "B_8_assignsubmission_file_lab.ipynb", "lab.ipynb"],
            "moodle",
            "lab.ipynb",
        ),
    ],
)
def test_a_file_that_is_nobodys_is_named_and_hides_nobody_else(tmp_path, scratch, names, kind, odd):
    found = find_handins([zip_of(tmp_path, *names)], LABS, scratch)

    assert (found.kinds, len(found.handins)) == ((kind,), 2)
    assert [(one.path, one.code) for one in found.refused] == [(odd, "GR325")]


@pytest.mark.parametrize("make", [folder_of, zip_of])
@pytest.mark.parametrize(
    ("names", "kind"),
    [
        (["ada/lab.ipynb", "ben/lab.ipynb"], "folder"),
        (["lovelaceada_7_1_lab.ipynb", "ben_LATE_8_2_lab.ipynb"], "canvas"),
        (["Ada L_7_assignsubmission_file_/lab.ipynb"], "moodle"),
        (["submission_metadata.yml", "submission_1/lab.ipynb"], "gradescope"),
        (["submitted/ada/ps1/lab.ipynb", "submitted/ada/ps1/timestamp.txt"], "nbgrader"),
        (["ada/.git/HEAD", "ada/lab.ipynb"], "git"),
    ],
)
def test_each_kind_is_recognised(tmp_path, scratch, make, names, kind):
    place = make(tmp_path, *names)
    if kind == "gradescope":
        with pytest.raises(UsageFault, match="read as gradescope"):
            find_handins([place], LABS, scratch)
        return
    found = find_handins([place], LABS, scratch)

    assert found.kinds == (kind,)
    assert {entry.source for entry in found.handins} == {kind}


def test_one_wrapping_folder_is_looked_through(tmp_path, scratch):
    place = zip_of(tmp_path, "class-2026/ada/lab.ipynb", "class-2026/ben/lab.ipynb")

    assert [entry.who.key for entry in find_handins([place], LABS, scratch).handins] == ["ada", "ben"]


def test_several_places_are_one_class(tmp_path, scratch):
    single = tmp_path / "cy.ipynb"
    single.write_text("{}")
    places = [folder_of(tmp_path, "ada/lab.ipynb"), zip_of(tmp_path, "ben/lab.ipynb", "x/lab.ipynb"), single]

    found = find_handins(places, LABS, scratch, trust_times=True)
    assert [entry.who.key for entry in found.handins] == ["ada", "ben", "x", "cy"]
    assert [entry.received is not None for entry in found.handins] == [True, False, False, True]


def test_hostile_members_are_listed_and_the_rest_is_graded(tmp_path, scratch):
    place = zip_of(tmp_path, "../../evil/lab.ipynb", "/etc/lab.ipynb", "ada/lab.ipynb", "ben/lab.ipynb")
    found = find_handins([place], LABS, scratch)

    assert [entry.who.key for entry in found.handins] == ["ada", "ben"]
    assert len(found.refused) == 2
    assert all(path.is_relative_to(scratch) for path in (entry.path for entry in found.handins))


def test_a_kind_can_be_named(tmp_path, scratch):
    place = folder_of(tmp_path, "lovelaceada_7_1_lab.ipynb")

    assert find_handins([place], LABS, scratch, "folder").kinds == ("folder",)


@pytest.mark.parametrize(
    ("places", "kind", "code"),
    [(["nowhere"], None, "GR102"), (["empty"], None, "GR110"), (["empty"], "blackboard", "GR110")],
)
def test_what_is_not_there_is_told(tmp_path, scratch, places, kind, code):
    (tmp_path / "empty").mkdir()

    with pytest.raises(UsageFault) as caught:
        find_handins([tmp_path / name for name in places], LABS, scratch, kind)
    assert caught.value.code == code


def test_a_broken_archive_is_refused(tmp_path, scratch):
    Path(tmp_path / "download.zip").write_text("no zip")

    with pytest.raises(SubmissionFault) as caught:
        find_handins([tmp_path / "download.zip"], LABS, scratch)
    assert caught.value.code == "GR323"
