import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from grader.model.lab import Exercise, StrengthSpec
from grader.model.verdict import DeclaredCheck
from grader.validating.halfway import half_done, half_points
from tests.fakes.labs import make_lab

EXERCISES = tuple(Exercise(f"exercise-{number}", "Do", (f"test_{number}", f"test_{number}b")) for number in range(1, 6))
CHECKS = tuple(
    DeclaredCheck(f"test_{number}{part}", "It holds", 10.0 * number, "m.py", bonus=part == "b")
    for number in range(1, 6)
    for part in ("", "b")
)


def notebook(path: Path, word: str) -> Path:
    cells: list[dict[str, Any]] = [{"cell_type": "markdown", "id": "m", "metadata": {}, "source": "text"}]
    cells += [
        {"cell_type": "code", "id": exercise.id, "metadata": {"tags": [exercise.id]}, "source": f"{word} {exercise.id}"}
        for exercise in EXERCISES
    ]
    path.write_text(json.dumps({"cells": cells}), "utf-8")
    return path


def test_the_smaller_half_of_the_exercises_is_done(tmp_path: Path):
    starter, solution = notebook(tmp_path / "starter.ipynb", "stub"), notebook(tmp_path / "solution.ipynb", "solved")
    lab = make_lab("9.1", exercises=EXERCISES, starter=starter, solution=solution)
    sources = [cell["source"] for cell in json.loads(half_done(lab))["cells"]]
    assert sources == ["text", "solved exercise-1", "solved exercise-2"] + [f"stub exercise-{n}" for n in (3, 4, 5)]


def test_it_earns_the_points_of_their_checks_and_no_bonus():
    assert half_points(make_lab("9.1", exercises=EXERCISES), CHECKS) == 30.0


def test_lab_toml_may_know_better():
    lab = make_lab("9.1", exercises=EXERCISES)
    assert half_points(replace(lab, strength=StrengthSpec(half=0.0)), CHECKS) == 0.0
