"""Reads from the source of the check modules which checks a lab has; nothing is imported."""

import ast
import hashlib
import tomllib
from pathlib import Path
from typing import Any, cast

from grader.checking.lints import lint_check, lint_measurements, lint_module
from grader.checking.names import CHECK_PREFIX
from grader.errors import LabFault
from grader.model.lab import Lab
from grader.model.nearest import nearest
from grader.model.verdict import DeclaredCheck

_LITERALS: dict[str, type | tuple[type, ...]] = {
    "points": (int, float),
    "reveal": str,
    "hint": str,
    "cell": str,
    "needs_gpu": bool,
    "bonus": bool,
}
_REVEALS = ("full", "hint", "title", "score")


def declared_checks(lab: Lab) -> tuple[DeclaredCheck, ...]:
    """Return every check of a lab, in the author's order: visible modules first, then the hidden ones.

    Args:
        lab: the lab; hidden modules that are not on this machine are not in it.

    Returns:
        The checks, with points that add up to the lab's.

    Raises:
        LabFault: GR202 with every finding, one per line; GR204, a module is not there.
    """
    findings: list[str] = []
    checks: list[DeclaredCheck] = []
    trees = {path: _parsed(path, lab, findings) for path in (*lab.check_modules, *lab.hidden_check_modules)}
    if not findings:  # else every check of a module that is not Python would be missed once more
        for path, tree in trees.items():
            checks += _module_checks(path, tree, lab, checks, findings)
        findings += _lab_findings(lab, checks)
    if findings:
        listed = "\n".join(f"  - {finding}" for finding in findings)
        raise LabFault("GR202", f"The checks of lab {lab.id} have {len(findings)} finding(s):\n{listed}")
    return tuple(checks)


def checks_sha256(lab: Lab) -> str:
    """Return the hash of the sources that decide: the lab's check modules and the helper modules beside them.

    Args:
        lab: the lab.

    Returns:
        A hexadecimal SHA-256, the same wherever the folder lies.
    """
    modules = {*lab.check_modules, *lab.hidden_check_modules}
    helpers = {path for path in lab.checks_root.glob("*.py") if not path.name.startswith(CHECK_PREFIX)}
    digest = hashlib.sha256()
    for path in sorted(modules | helpers):
        digest.update(f"{path.name}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()


def _parsed(path: Path, lab: Lab, findings: list[str]) -> ast.Module:
    try:
        return ast.parse(path.read_text(encoding="utf-8"), filename=path.name)
    except OSError as exc:
        raise LabFault(
            "GR204", f"The check module {path.name} of lab {lab.id} cannot be read: {exc.strerror}."
        ) from exc
    except SyntaxError as exc:
        findings.append(f"{_place(path, lab)}:{exc.lineno}: it is not Python: {exc.msg}")
    except ValueError as exc:
        findings.append(f"{_place(path, lab)}: it is not Python: {exc}")
    return ast.Module([], [])


def _place(path: Path, lab: Lab) -> str:
    """A check module as its author finds it: below the root of the course."""
    return path.relative_to(lab.checks_root.parent.parent).as_posix()


def _module_checks(
    path: Path, tree: ast.Module, lab: Lab, before: list[DeclaredCheck], findings: list[str]
) -> list[DeclaredCheck]:
    hidden, place = path in lab.hidden_check_modules, _place(path, lab)
    exercises = [exercise.id for exercise in lab.exercises]
    found: list[DeclaredCheck] = []
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith(CHECK_PREFIX):
            where = f"{place}:{node.lineno} {node.name}"
            declared, problems = _declared(node, path.name, hidden=hidden)
            known = [check.id for check in (*before, *found)]
            lost = [name for name in declared.needs if name not in known]
            problems += [f"needs {name}, which is no check before it{nearest(name, known)}" for name in lost]
            problems += ["another check has this name"] if declared.id in known else []
            if declared.cell and exercises and declared.cell not in exercises:
                problems.append(f"its cell {declared.cell} is no exercise of lab.toml; it has {', '.join(exercises)}")
            findings += [f"{where}: {problem}" for problem in problems + lint_check(node, declared)]
            found.append(declared)
    findings += [f"{place}:{line}: {problem}" for line, problem in lint_module(tree, lab)]
    return found


def _declared(node: ast.FunctionDef, module: str, *, hidden: bool) -> tuple[DeclaredCheck, list[str]]:
    """Read one check; what cannot be read is left at its default and reported."""
    problems: list[str] = []
    options = _options(node, problems)
    docstring = ast.get_docstring(node) or ""
    check = DeclaredCheck(
        id=node.name,
        title=docstring.split("\n", 1)[0].strip(),
        points=float(options.get("points", 0.0)),
        module=module,
        hidden=hidden,
        bonus=options.get("bonus", False),
        needs=options.get("needs", ()),
        reveal=options.get("reveal", "full"),
        hint=options.get("hint", ""),
        cell=options.get("cell", ""),
        needs_gpu=options.get("needs_gpu", False),
    )
    return check, problems


def _options(node: ast.FunctionDef, problems: list[str]) -> dict[str, Any]:
    calls = [entry for entry in node.decorator_list if isinstance(entry, ast.Call) and _name(entry.func) == "check"]
    if len(calls) != 1 or len(node.decorator_list) != 1:
        problems.append("it needs exactly one decorator: @check(points=...)")
        return {}
    if calls[0].args:
        problems.append("the arguments of @check are named: points=2")
    options: dict[str, Any] = {}
    for keyword in calls[0].keywords:
        _read_option(keyword, options, problems)
    if "points" not in options:
        problems.append("it has no points")
    return options


def _read_option(keyword: ast.keyword, options: dict[str, Any], problems: list[str]) -> None:
    name = keyword.arg or "**"
    if name == "needs":
        names = [_need(entry) for entry in getattr(keyword.value, "elts", [None])]
        if not isinstance(keyword.value, ast.List | ast.Tuple) or None in names:
            problems.append("needs is a list of checks: functions of this module, or names of earlier ones in quotes")
        else:
            options["needs"] = tuple(cast("list[str]", names))
        return
    if name not in _LITERALS:
        problems.append(f"@check has no argument {name}")
        return
    try:
        value = ast.literal_eval(keyword.value)
    except ValueError:
        problems.append(f"{name} must be a literal, because it is read without importing the module")
        return
    if not isinstance(value, _LITERALS[name]) or (name == "points" and (isinstance(value, bool) or value <= 0)):
        problems.append(f"{name} cannot be {value!r}")
    elif name == "reveal" and value not in _REVEALS:
        problems.append(f"reveal is one of {', '.join(_REVEALS)}, not {value!r}")
    else:
        options[name] = value


def _need(node: ast.expr | None) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    return node.id if isinstance(node, ast.Name) else None


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else getattr(node, "attr", "")


def _lab_findings(lab: Lab, checks: list[DeclaredCheck]) -> list[str]:
    findings = lint_measurements(lab)
    complete = _hidden_declared(lab) == len(lab.hidden_check_modules)
    for word, allowed, bonus in (("points", lab.points, False), ("bonus points", lab.bonus, True)):
        total = sum(check.points for check in checks if check.bonus is bonus)
        if total > allowed + 1e-9 or (complete and total < allowed - 1e-9):
            findings.append(f"the checks have {total:g} {word}, lab.toml says {allowed:g}")
    names = {check.id for check in checks}
    for exercise in lab.exercises:
        lost = [name for name in exercise.checks if complete and name not in names]
        findings += [
            f"{exercise.id} of lab.toml names {name}, which is no check{nearest(name, names)}" for name in lost
        ]
    return findings


def _hidden_declared(lab: Lab) -> int:
    """How many hidden modules lab.toml names: on a student's machine they are not there, and points are missing."""
    try:
        document = tomllib.loads(lab.toml.read_text(encoding="utf-8"))
        return len(document.get("checks", {}).get("hidden", []))
    except (OSError, tomllib.TOMLDecodeError):
        return len(lab.hidden_check_modules)
