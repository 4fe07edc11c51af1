"""The house rules of CONTRIBUTING.md that no linter knows."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]
#: A migration is never touched again, however long it is.
SOURCES = [path for path in sorted((ROOT / "grader").rglob("*.py")) if path.parent.name != "versions"]
MOST_LINES = 300


def test_every_file_can_be_read_at_a_sitting():
    lengths = {str(path.relative_to(ROOT)): len(path.read_text("utf-8").splitlines()) for path in SOURCES}

    assert {name: length for name, length in lengths.items() if length > MOST_LINES} == {}


def test_what_is_private_to_a_module_is_imported_by_no_other():
    taken = [
        f"{path.relative_to(ROOT)}: {node.module}.{name.name}"
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("grader")
        for name in node.names
        if name.name.startswith("_") and not name.name.startswith("__")
    ]

    assert taken == []
