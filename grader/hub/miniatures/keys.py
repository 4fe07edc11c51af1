"""Content keys: what a build would be made from, as one hash, so that nothing is made twice or used when stale."""

import ast
import hashlib
import json
from functools import cache
from pathlib import Path

from grader.errors import LabFault
from grader.hub.miniatures.catalogue import Build, Catalogue

PACKAGE = "grader.hub.miniatures"
ROOT = Path(__file__).parent


def content_key(catalogue: Catalogue, name: str) -> str:
    """The key of a build: its recipe's sources, its parameters, and the keys of what it needs.

    Only modules that the recipe imports from this package count, so an edit elsewhere changes no key. Versions of
    libraries do not count either: a snapshot stays what it is when a library is updated.

    Args:
        catalogue: where the build is described.
        name: of the build.

    Returns:
        64 hex digits.
    """
    build: Build = catalogue.builds[name]
    material = {
        "sources": {module: _digest(module) for module in sources(f"recipes.{build.recipe}")},
        "parameters": dict(build.parameters),
        "needs": {role: content_key(catalogue, needed) for role, needed in build.needs.items()},
    }
    return hashlib.sha256(json.dumps(material, sort_keys=True).encode()).hexdigest()


@cache
def sources(module: str) -> tuple[str, ...]:
    """The modules of this package that a module is made of.

    Args:
        module: dotted name below this package, such as `recipes.masked_language`.

    Returns:
        The module itself and all it imports from here, directly or not, sorted.

    Raises:
        LabFault: GR205, there is no such recipe.
    """
    if not _file(module).is_file():
        raise LabFault("GR205", f"The catalogue names {module}, which is not a module of {PACKAGE}.")
    found: set[str] = set()
    waiting = [module]
    while waiting:
        at = waiting.pop()
        if at not in found:
            found.add(at)
            waiting.extend(_imports(at))
    return tuple(sorted(found))


def _imports(module: str) -> list[str]:
    found: list[str] = []
    for node in ast.walk(ast.parse(_file(module).read_text(encoding="utf-8"))):
        if not isinstance(node, ast.ImportFrom) or not (node.module or "").startswith(PACKAGE):
            continue
        base = (node.module or "").removeprefix(PACKAGE).lstrip(".")
        names = [f"{base}.{alias.name}".lstrip(".") for alias in node.names]
        found.extend(name for name in (*names, base) if name and _file(name).is_file())
    return found


@cache
def _digest(module: str) -> str:
    return hashlib.sha256(_file(module).read_text(encoding="utf-8").encode()).hexdigest()


def _file(module: str) -> Path:
    return ROOT.joinpath(*module.split(".")).with_suffix(".py")
