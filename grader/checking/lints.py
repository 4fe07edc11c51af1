"""Reads a check module for the mistakes of authors: sentences, fixtures, imports, thresholds given away."""

import ast
import re

from grader.checking.imports import foreign_imports
from grader.checking.names import CHECK_PREFIX, FIXTURES
from grader.measuring.registry import MEASURES, OPTIONS
from grader.model.lab import Lab
from grader.model.nearest import nearest
from grader.model.verdict import DeclaredCheck

#: Characters of a check's sentence.
TITLE_LIMIT = 90
#: Methods of `artifacts` that fail a check where the file is not there.
_READERS = frozenset({"json", "table", "safetensors", "fits_schema"})
_THRESHOLD = re.compile(r"\d\s?%|\b0?\.\d")


def lint_check(node: ast.FunctionDef, check: DeclaredCheck) -> list[str]:
    """Look at one check.

    Args:
        node: its function.
        check: what was read from it.

    Returns:
        What its author should change, one sentence each.
    """
    findings: list[str] = []
    if not check.title:
        findings.append("its docstring is the sentence that the student reads; there is none")
    if len(check.title) >= TITLE_LIMIT:
        findings.append(f"its sentence has {len(check.title)} characters; fewer than {TITLE_LIMIT} are read")
    if check.title.endswith("."):
        findings.append("its sentence ends with a full stop; leave it out")
    if check.hidden and any(_THRESHOLD.search(text) for text in (check.title, check.hint)):
        findings.append("a hidden check does not name its threshold in its sentence or hint")
    if any(isinstance(inner, ast.Yield | ast.YieldFrom) for inner in ast.walk(node)):
        findings.append("a check does not yield")
    return findings


def lint_module(tree: ast.Module, lab: Lab) -> list[tuple[int, str]]:
    """Look at a whole module.

    Args:
        tree: its source.
        lab: the lab that it belongs to.

    Returns:
        Line and sentence of each finding.
    """
    findings = foreign_imports(tree)
    known = FIXTURES | {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    measurements = {spec.name for spec in lab.measurements}
    for node in tree.body:
        if isinstance(node, ast.AsyncFunctionDef) or (isinstance(node, ast.ClassDef) and node.name.startswith("Test")):
            findings.append((node.lineno, f"{node.name}: a check is a plain function"))
        if isinstance(node, ast.FunctionDef) and node.name.startswith(CHECK_PREFIX):
            names = [argument.arg for argument in node.args.args]
            unknown = [name for name in names if name not in known]
            findings += [(node.lineno, f"there is no fixture {name}{nearest(name, known)}") for name in unknown]
    for inner in ast.walk(tree):
        name = _measurement(inner)
        if name and name not in measurements:
            problem = f"lab.toml declares no [measurements.{name}]{nearest(name, measurements)}"
            findings.append((getattr(inner, "lineno", 0), problem))
        if isinstance(inner, ast.Call) and (problem := _unknown_artifact(inner, lab)):
            findings.append((inner.lineno, problem))
    return findings


def lint_measurements(lab: Lab) -> list[str]:
    """Look at what lab.toml asks to be measured.

    Args:
        lab: the lab.

    Returns:
        What its author should change, one sentence each.
    """
    findings: list[str] = []
    for spec in lab.measurements:
        where = f"[measurements.{spec.name}] of lab.toml"
        if spec.measure not in MEASURES:
            findings.append(f"{where}: nobody measures {spec.measure}{nearest(spec.measure, MEASURES)}")
            continue
        known = OPTIONS[spec.measure]
        for name in spec.options:
            if name not in known:
                told = nearest(name, known) or f"; it has {', '.join(known) or 'none'}"
                findings.append(f"{where}: {spec.measure} has no option {name}{told}")
    return findings


def _unknown_artifact(call: ast.Call, lab: Lab) -> str:
    """What is wrong with the name in `artifacts.json("name")`: students would be told that they did not write it."""
    match call:
        case ast.Call(func=ast.Attribute(value=ast.Name("artifacts"), attr=reader), args=[ast.Constant(str(name))]):
            paths = [spec.path for spec in lab.artifacts]
            if reader in _READERS and not any(name == path or name.startswith(f"{path}/") for path in paths):
                return f"lab.toml declares no artifact {name}{nearest(name, paths)}"
            if reader == "fits_schema" and not any(spec.path == name and spec.schema for spec in lab.artifacts):
                return f"lab.toml names no schema for {name}"
        case _:
            pass
    return ""


def _measurement(node: ast.AST) -> str:
    """The name in `measured.name`; empty for any other expression."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "measured":
        return node.attr
    return ""
