import getpass
from pathlib import Path

import pytest

from grader.errors import UsageFault
from grader.settings import VARIABLES, Settings, read_settings


@pytest.fixture
def course(tmp_path):
    (tmp_path / "labs").mkdir()
    (tmp_path / "checks").mkdir()
    return tmp_path


def test_the_course_is_found_from_a_folder_below_it(course):
    below = course / "labs" / "module"
    below.mkdir()

    assert read_settings(below, {}).root == course


def test_the_environment_names_the_course(course, tmp_path):
    assert read_settings(Path("/"), {"GRADER_ROOT": str(course)}).root == course


def test_a_folder_without_a_course_is_refused_with_its_name(tmp_path):
    with pytest.raises(UsageFault, match="labs/ and checks/") as caught:
        read_settings(tmp_path, {})

    assert caught.value.code == "GR102"
    assert str(tmp_path) in caught.value.message


def test_defaults_hold_when_nothing_is_set(course):
    settings = read_settings(course, {})

    assert settings.runs == course / "runs"
    assert (settings.profile, settings.sandbox, settings.device) == ("miniature", "auto", "auto")
    assert settings.cache.is_absolute()


def test_the_environment_wins_over_pyproject(course):
    (course / "pyproject.toml").write_text('[tool.grader]\nprofile = "full"\nstudent = "ada"\n')

    settings = read_settings(course, {"GRADER_PROFILE": "smoke"})

    assert settings.profile == "smoke"
    assert settings.student == "ada"


def test_the_hubs_base_is_the_miniatures_unless_one_is_named(course, tmp_path):
    assert read_settings(course, {}).hub_base is None
    assert read_settings(course, {"GRADER_HUB_BASE": str(tmp_path / "base")}).hub_base == tmp_path / "base"


def test_a_number_that_is_none_is_refused(course):
    assert read_settings(course, {"GRADER_CACHE_GIB": "0.5"}).cache_gib == 0.5
    with pytest.raises(UsageFault, match="GRADER_CACHE_GIB is a number, not lots"):
        read_settings(course, {"GRADER_CACHE_GIB": "lots"})


def test_an_unknown_key_in_pyproject_is_refused(course):
    (course / "pyproject.toml").write_text("[tool.grader]\nprofil = 1\n")

    with pytest.raises(UsageFault, match="profil") as caught:
        read_settings(course, {})

    assert caught.value.code == "GR104"


def test_every_setting_has_its_variable():
    assert set(VARIABLES) == set(Settings.__dataclass_fields__)
    assert VARIABLES["cache"] == "GRADER_CACHE"


def test_the_system_user_is_the_student_with_a_plain_name(course, monkeypatch):
    monkeypatch.setattr(getpass, "getuser", lambda: "Ada Lovelace")

    assert read_settings(course, {}).student == "ada-lovelace"


def test_a_system_without_user_names_has_a_student_all_the_same(course, monkeypatch):
    def unknown():
        raise KeyError("uid not found")

    monkeypatch.setattr(getpass, "getuser", unknown)

    assert read_settings(course, {}).student == "student"
