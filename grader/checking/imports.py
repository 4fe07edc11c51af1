"""Finds what a file of a course takes out of the grader beyond `grader.checking.api`."""

import ast
import functools
from collections.abc import Iterator
from pathlib import Path

from grader.model.nearest import nearest

#: The one package whose names stay; below it one module for each kind of work.
API = "grader.checking.api"
_FOLDER = Path(__file__).with_name("api")


@functools.cache
def offered(module: str = "") -> frozenset[str]:
    """Return the names that a public module offers, from its source: it is not imported.

    Args:
        module: name of a module below `grader.checking.api`; the package itself when empty.

    Returns:
        Its `__all__`, and for the package the names of its modules too.
    """
    tree = ast.parse((_FOLDER / f"{module or '__init__'}.py").read_text(encoding="utf-8"))
    names = next(
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
    )
    return frozenset(names) | (frozenset() if module else api_modules())


@functools.cache
def api_modules() -> frozenset[str]:
    """Return the names of the modules below `grader.checking.api`."""
    return frozenset(path.stem for path in _FOLDER.glob("*.py")) - {"__init__"}


def foreign_imports(tree: ast.Module) -> list[tuple[int, str]]:
    """Find what a file uses of the grader and is not offered to it.

    Args:
        tree: its source.

    Returns:
        Line and sentence of each finding, in order.
    """
    modules: dict[str, str] = {}
    findings: list[tuple[int, str]] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            findings += [(node.lineno, _refused(name.name)) for name in node.names if _ours(name.name)]
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and _ours(node.module or ""):
            findings += [(node.lineno, problem) for problem in _from(node, modules)]
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in modules:
            module = modules[node.value.id]
            if node.attr not in offered(module):
                findings.append((node.lineno, _unknown(f"{API}.{module}", node.attr)))
    return sorted(findings)


def _from(node: ast.ImportFrom, modules: dict[str, str]) -> Iterator[str]:
    """Judge `from grader... import ...`, and note the public modules that it gives a name to."""
    place = str(node.module)
    module = place.removeprefix(API).removeprefix(".")
    if place != API and (not place.startswith(f"{API}.") or module not in api_modules()):
        yield _refused(place)
        return
    for name in node.names:
        if name.name not in offered(module):
            yield _unknown(place, name.name)
        elif not module and name.name in api_modules():
            modules[name.asname or name.name] = name.name


def _ours(module: str) -> bool:
    return module.split(".", 1)[0] == "grader"


def _refused(place: str) -> str:
    return f"it imports {place}, which may change at any time; what checks may import is in {API}"


def _unknown(place: str, name: str) -> str:
    names = sorted(offered(place.removeprefix(API).removeprefix(".")))
    told = nearest(name, names) or f"; it has {', '.join(names)}"
    return f"{place} has no {name}{told}"
