"""What the comparison with other graders makes of its seconds."""

import ast

import pytest

from bench.peers.figure import draw
from bench.peers.graders import parts, with_test_cells
from bench.peers.ratios import AGAIN, COLD, FLOOR, UNCHANGED, WARM, against, bars, fastest, stage_table, table
from bench.short.course import cells, notebook

ROUNDS = [
    {
        FLOOR: {"wall": 2.0, "cpu": 2.0 * busy},
        WARM: {"wall": 3.0, "cpu": 2.5 * busy},
        COLD: {"wall": 20.0, "cpu": 12.0 * busy},
        "slow": {"wall": 30.0, "cpu": 22.0 * busy},
        "slower": {"wall": 40.0, "cpu": 32.0 * busy},
        UNCHANGED: {"wall": 0.002, "cpu": 0.002},
        AGAIN: {"wall": 0.2, "cpu": 0.2},
    }
    for busy in (1.0, 1.5, 3.0)
]
FIGURES = {
    "rounds": ROUNDS,
    "per_hour": {WARM: {"1": 1200.0, "2": 2000.0}, "slow": {"1": 120.0, "2": 500.0}},
    "memory_mib": {"ours, warm, further worker": 100.0, "ours, cold, further worker": 400.0},
}


def test_ratios_are_of_the_same_round():
    ratio = against(ROUNDS, WARM, FLOOR, "cpu")

    assert (ratio.middle, ratio.least, ratio.most) == (1.25, 1.25, 1.25)
    assert fastest(ROUNDS, ["slower", "slow", "unknown"]) == "slow"
    assert against(ROUNDS, "unknown", FLOOR, "cpu") is None


def test_every_bar_says_whether_it_is_met():
    found = bars(FIGURES, ["slow", "slower"])

    assert [bar.met for bar in found] == [True, False, True, True, False, True, True, True]
    assert found[2].value == pytest.approx(0.025)
    assert found[1].line().startswith("NOT MET ")


def test_what_was_not_measured_is_neither_met_nor_failed():
    assert {bar.met for bar in bars({"rounds": []}, ["slow"])} == {None}


def test_table_and_drawing_name_every_way():
    lines, picture = "\n".join(table(FIGURES)), draw(FIGURES)

    assert all(f"| {way} |" in lines for way in ROUNDS[0])
    assert "| slow | 30 | 33 | 30.00 | 15.00 (15.00 .. 15.00) | 11.00 (11.00 .. 11.00) | 120 and 500 |  |" in lines
    assert picture.startswith("<svg")
    assert ">slower<" in picture
    assert stage_table([{"run": (1.0, 0.5)}, {"run": (3.0, 0.5)}])[2].startswith("| run | 2.000 (1.000 .. 3.000) |")


def test_other_graders_get_the_same_cells_and_six_checks():
    shared, tests = parts()
    made = with_test_cells(notebook("ada"))["cells"]

    ast.parse(shared)
    assert len(tests) == 6
    assert [cell["source"] for cell in made[: len(cells())]] == [source for _, source in cells()]
    assert sum(cell["metadata"].get("nbgrader", {}).get("grade", False) for cell in made) == 6
