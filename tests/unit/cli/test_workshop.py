import pytest

from grader.cli.workshop import parse_overrides, settings_for
from grader.errors import UsageFault


def test_values_become_what_they_look_like():
    parsed = parse_overrides(["epochs=2", "rate=1e-3", "resume=true", "drop=false", "base_model=a/b", "note=x=y"])

    assert parsed == {"epochs": 2, "rate": 1e-3, "resume": True, "drop": False, "base_model": "a/b", "note": "x=y"}
    assert [type(value) for value in parsed.values()] == [int, float, bool, bool, str, str]


@pytest.mark.parametrize("pair", ["epochs", "=2", ""])
def test_an_option_without_name_and_value_is_refused(pair):
    with pytest.raises(UsageFault, match="GR104"):
        parse_overrides([pair])


def test_no_options_override_nothing():
    assert parse_overrides(None) == {}


def test_flags_win_over_settings(tmp_path, monkeypatch):
    (tmp_path / "labs").mkdir()
    (tmp_path / "checks").mkdir()
    monkeypatch.setenv("GRADER_RUNS", "elsewhere")
    monkeypatch.setenv("GRADER_SANDBOX", "auto")

    settings = settings_for(tmp_path, runs=tmp_path / "mine", sandbox="process")

    assert settings.runs == tmp_path / "mine"
    assert settings.sandbox == "process"
    assert settings_for(tmp_path).runs == tmp_path / "elsewhere"
