from pathlib import Path

import pytest

from grader.errors import LabFault
from grader.validating.survivors import Excuses, load_excuses
from tests.fakes.labs import make_lab


def read(root: Path, text: str) -> Excuses:
    folder = root / "cases" / "9.1"
    folder.mkdir(parents=True)
    (folder / "survivors.toml").write_text(text, "utf-8")
    return load_excuses(make_lab("9.1", checks_root=root))


def test_a_lab_without_the_file_excuses_nothing(tmp_path: Path):
    assert load_excuses(make_lab("9.1", checks_root=tmp_path)) == Excuses()


def test_names_are_matched_by_pattern_and_brackets_are_plain(tmp_path: Path):
    excuses = read(
        tmp_path,
        '[[survivors]]\nmutants = ["a.json:seconds:*", "b[1].json:*"]\nreason = " nobody can tell "\n'
        '[[costly]]\nmutants = ["w.safetensors:half precision"]\nreason = "compared byte by byte"\n',
    )
    assert excuses.why_survives("a.json:seconds:times 10") == "nobody can tell"
    assert excuses.why_survives("b[1].json:x") == "nobody can tell"
    assert excuses.why_survives("b1.json:x") == ""
    assert excuses.why_costs("w.safetensors:half precision") == "compared byte by byte"
    assert excuses.why_costs("a.json:seconds:times 10") == ""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[[survivors", "cannot be read"),
        ("[[excused]]\nx = 1", "unknown tables: excused"),
        ('[[survivors]]\nmutants = ["*"]', "without a `reason`"),
        ('[[survivors]]\nmutants = ["*"]\nreason = " "', "without a `reason`"),
        ('[[survivors]]\nmutants = []\nreason = "x"', "without `mutants`"),
        ('[[survivors]]\nmutants = [1]\nreason = "x"', "without `mutants`"),
    ],
)
def test_an_excuse_without_a_reason_is_none(tmp_path: Path, text: str, words: str):
    with pytest.raises(LabFault, match=words) as caught:
        read(tmp_path, text)
    assert caught.value.code == "GR206"
