"""docs/security.md claims nothing that no test attacks."""

import re
from pathlib import Path

import pytest

from tests.hostile.box_cases import BY_ID

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text("utf-8")
SOURCES = [path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py")]
TESTS = {name for text in SOURCES for name in re.findall(r"^(?:async )?def (test_\w+)\(", text, flags=re.MULTILINE)}
NOTEBOOKS = {found.group(1).upper() for name in TESTS if (found := re.match(r"test_(n\d+)_", name))}


def rows(columns: int) -> list[list[str]]:
    """The rows of all tables with so many columns, without their heads."""
    lines = [line.strip("|").split("|") for line in PAGE.splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in line] for line in lines if len(line) == columns]
    return [row for row in cells if row[0] != "threat"]


COVERED = rows(3)


@pytest.mark.parametrize("row", COVERED, ids=lambda row: row[0])
def test_every_covered_threat_names_tests_that_exist(row):
    named = [name.strip() for name in row[2].split(",")]
    assert all(row)
    for name in named:
        word = name.strip("`")
        known = word in BY_ID or word in NOTEBOOKS or word in TESTS or (ROOT / word).is_file()
        assert known, f"{row[0]}: there is no test {word}"


def test_every_hostile_program_and_notebook_stands_for_a_threat():
    named = {name.strip() for row in COVERED for name in row[2].split(",")}
    assert set(BY_ID) <= named
    assert named >= {f"N{number}" for number in range(1, 13)} == NOTEBOOKS


def test_what_is_not_covered_says_why():
    assert len(rows(2)) >= 8
    assert all(len(why) > 20 for _, why in rows(2))
    assert len(COVERED) >= 30
