"""Mutants of the reference solution's code: a lost step, another constant, operator or argument."""

import ast
import copy
import json
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_BEGIN = re.compile(r"^\s*### BEGIN SOLUTION", re.MULTILINE)
_OPERATORS: dict[type[Any], type[Any]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Lt: ast.GtE,
    ast.Gt: ast.LtE,
    ast.LtE: ast.Gt,
    ast.GtE: ast.Lt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
}


@dataclass(frozen=True)
class CellMutant:
    """The reference notebook with one change in the code of an exercise."""

    name: str
    """`<exercise>:<line>:<what>`."""
    notebook: bytes
    """The whole notebook; it must be run."""


def cell_mutants(solution: Path, *, seed: int = 0, most: int = 10) -> tuple[CellMutant, ...]:
    """Return mutants of a solution notebook, spread over its exercises.

    Args:
        solution: the notebook.
        seed: decides which changes are drawn.
        most: how many at most.

    Returns:
        The mutants by name; each differs from the solution in one cell.
    """
    draw = random.Random(f"{solution.name}/{seed}")  # noqa: S311 - it decides what is tested, not a secret
    notebook: dict[str, Any] = json.loads(solution.read_text("utf-8"))
    piles: list[list[tuple[int, str, str]]] = []
    for number, cell in enumerate(notebook["cells"]):
        source = "".join(cell["source"])
        tag = next((tag for tag in cell["metadata"].get("tags", []) if tag.startswith("exercise-")), None)
        if cell["cell_type"] == "code" and tag and _BEGIN.search(source):
            pile = [(number, f"{tag}:{what}", changed) for what, changed in code_changes(source)]
            draw.shuffle(pile)
            piles.append(pile)
    taken: dict[str, CellMutant] = {}
    while any(piles) and len(taken) < most:
        for pile in piles:
            if pile and len(taken) < most:
                number, name, changed = pile.pop()
                taken[name] = CellMutant(name, _with_cell(notebook, number, changed))
    return tuple(taken[name] for name in sorted(taken))


def code_changes(source: str) -> Iterator[tuple[str, str]]:
    """Return every small change of the code between the solution markers of a cell.

    Args:
        source: the cell.

    Returns:
        What was changed, with its line, and the changed cell, which is Python again.
    """
    inside = _solution_lines(source)
    tree = ast.parse(source)
    before = ast.unparse(tree)
    for node in list(ast.walk(tree)):
        line: int = getattr(node, "lineno", 0)
        if line in inside:
            for what in _changed(node):
                text = ast.unparse(tree)
                if text != before:
                    yield f"{line}:{what}", text


def _solution_lines(source: str) -> set[int]:
    inside, lines = False, set[int]()
    for number, line in enumerate(source.splitlines(), 1):
        if "### END SOLUTION" in line:
            inside = False
        if inside:
            lines.add(number)
        if _BEGIN.match(line):
            inside = True
    return lines


def _changed(node: Any) -> Iterator[str]:
    """Change one node in place, say how, and change it back when asked for the next."""
    match node:
        case ast.Constant(value=bool() | int() | float() as value):
            node.value = not value if isinstance(value, bool) else value * 2 + 1
            yield f"{value} changed"
            node.value = value
        case ast.BinOp(op=operator) if type(operator) in _OPERATORS:
            node.op = _OPERATORS[type(operator)]()
            yield f"{type(operator).__name__} for {type(node.op).__name__}"
            node.op = operator
        case ast.Compare(ops=[operator]) if type(operator) in _OPERATORS:
            node.ops = [_OPERATORS[type(operator)]()]
            yield f"{type(operator).__name__} for {type(node.ops[0]).__name__}"
            node.ops = [operator]
        case ast.Call(keywords=[*_, last]):
            node.keywords.remove(last)
            yield f"{last.arg} dropped"
            node.keywords.append(last)
        case ast.FunctionDef(body=[_, _, *_]) | ast.For(body=[_, _, *_]) | ast.With(body=[_, _, *_]):
            middle = len(node.body) // 2
            step = node.body.pop(middle)
            yield "step dropped"
            node.body.insert(middle, step)
        case _:
            return


def _with_cell(notebook: dict[str, Any], number: int, source: str) -> bytes:
    changed = copy.deepcopy(notebook)
    changed["cells"][number]["source"] = source
    return json.dumps(changed, ensure_ascii=False, indent=1).encode()
