"""Makes a notebook with the first half of the exercises done, and says what it must earn."""

import json
from typing import Any

from grader.model.lab import Lab
from grader.model.verdict import DeclaredCheck


def half_done(lab: Lab) -> bytes:
    """Return the starter with the first half of the exercises taken from the solution.

    Args:
        lab: the lab; of an odd number of exercises, the smaller half is done.

    Returns:
        The notebook.
    """
    done = set(_first_half(lab))
    starter: dict[str, Any] = json.loads(lab.starter.read_text("utf-8"))
    solved: dict[str, Any] = json.loads(lab.solution.read_text("utf-8"))
    answers = {cell["id"]: cell["source"] for cell in solved["cells"]}
    for cell in starter["cells"]:
        if done & set(cell["metadata"].get("tags", [])):
            cell["source"] = answers[cell["id"]]
    return json.dumps(starter, ensure_ascii=False, indent=1).encode()


def half_points(lab: Lab, checks: tuple[DeclaredCheck, ...]) -> float:
    """Return what it must earn: the points of the checks that read these exercises, or what lab.toml says.

    Args:
        lab: the lab.
        checks: all its checks.
    """
    if lab.strength.half is not None:
        return lab.strength.half
    points = {check.id: check.points for check in checks if not check.bonus}
    done = _first_half(lab)
    return sum(points.get(name, 0.0) for exercise in lab.exercises if exercise.id in done for name in exercise.checks)


def _first_half(lab: Lab) -> list[str]:
    return [exercise.id for exercise in lab.exercises[: len(lab.exercises) // 2]]
