"""Writes the parts of the documentation that the code already says: `python docs/generate.py`.

Generated parts stand between `<!-- generated: NAME -->` and `<!-- end -->`; a test fails when they are out of step.
"""

import ast
import importlib
import inspect
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from grader.catalog import load_labs
from grader.checking.imports import API, api_modules
from grader.codes import CODES
from grader.model.lab import Limits
from grader.validating.operators import OPERATORS

DOCS = Path(__file__).resolve().parent
ROOT = DOCS.parent
_BLOCK = re.compile(r"(<!-- generated: (?P<name>[\w. -]+) -->\n).*?(<!-- end -->)", re.DOTALL)
_CLASSES = {
    "1": "The call",
    "2": "The lab",
    "3": "The submission",
    "4": "A limit",
    "5": "The grader",
    "6": "The machine",
}
#: What every JSON file of a notebook says of itself.
_STAMP = {"lab": "The lab.", "student_id": "The injected student id.", "seed": "The injected seed."}
_UNITS = {"mib": "MiB (1024 KiB)", "gib": "GiB (1024 MiB)"}
_TYPES = {"string": "text", "integer": "whole number", "number": "number", "boolean": "true or false", "array": "list"}


def error_codes() -> str:
    """Return every entry of the catalogue, grouped by whose fault it is."""
    lines: list[str] = []
    group = ""
    for code in CODES.values():
        if code.code[2] != group:
            group = code.code[2]
            lines += [f"## GR{group}xx: {_CLASSES[group].lower()}", ""]
        lines += [
            f"### {code.code}",
            f"**{code.title}.** {code.cause}",
            f"*Try:* {code.cure} *Exit code:* {code.exit_code or 'none, it stops nothing'}.",
            "",
        ]
    return "\n".join(lines)


def dataclass_fields(module: str, names: list[str]) -> str:
    """Return one table per dataclass of a module of `grader.model`, from the words below its fields.

    Args:
        module: name of the module.
        names: classes, in the order of the tables.

    Returns:
        Markdown.
    """
    tree = ast.parse((ROOT / "grader" / "model" / f"{module}.py").read_text("utf-8"))
    classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
    return "\n".join(_class_table(classes[name]) for name in names)


def lab_keys(definition: str = "") -> str:
    """Return the keys of one table of lab.toml, from its JSON Schema.

    Args:
        definition: name below `$defs`; the top of the file when empty.

    Returns:
        A Markdown table.
    """
    schema: dict[str, Any] = json.loads((ROOT / "grader" / "lab.schema.json").read_text("utf-8"))
    table = schema["$defs"][definition] if definition else schema
    lines = ["| key | value | needed | meaning |", "|---|---|---|---|"]
    for key, entry in table["properties"].items():
        target = _resolved(entry, schema)
        words = entry.get("description") or target.get("description") or f"The same in {_UNITS[key[-3:]]}."
        needed = "yes" if key in table.get("required", []) else ""
        lines.append(f"| `{key}` | {_value(target, schema)} | {needed} | {words} |")
    return "\n".join(lines) + "\n"


def public_modules() -> str:
    """Return what files of a course may import: every name of `grader.checking.api` and the modules below it."""
    lines = ["| from | import | what it is |", "|---|---|---|"]
    for place in (API, *(f"{API}.{module}" for module in sorted(api_modules()))):
        module = importlib.import_module(place)
        shown = place.replace(f"{API}.", ".")
        lines.append(f"| **`{shown}`** | | {_first_paragraph(module.__doc__ or '')} |")
        lines += [f"| | {_signed(name, getattr(module, name))} | {_said_of(module, name)} |" for name in module.__all__]
    return "\n".join(lines) + "\n"


def operators() -> str:
    """Return the operators of cases with what an edit gives them."""
    lines = ["| operator | given | what it does |", "|---|---|---|"]
    for name, operator in OPERATORS.items():
        given = [
            f"`{one.name}`" if one.default is one.empty else f"`{one.name}` ({json.dumps(one.default)})"
            for one in list(inspect.signature(operator).parameters.values())[1:]
            if one.name != "context"
        ]
        lines.append(f"| `{name}` | {', '.join(given)} | {_first_paragraph(inspect.getdoc(operator) or '')} |")
    return "\n".join(lines) + "\n"


def _signed(name: str, value: Any) -> str:
    """A name, for a function with its arguments."""
    if inspect.isclass(value) or not callable(value):
        return f"`{name}`"
    return f"`{name}({', '.join(inspect.signature(value).parameters)})`"


def _said_of(module: Any, name: str) -> str:
    """The first sentence of a function or class; of a constant the comment `#:` above it, where it was made."""
    value = getattr(module, name)
    if callable(value):
        return _first_paragraph(inspect.getdoc(value) or "")
    tree = ast.parse(inspect.getsource(module))
    origin = next(
        str(node.module)
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and name in {each.name for each in node.names}
    )
    source = inspect.getsource(importlib.import_module(origin))
    found = re.search(rf"((?:^#: .*\n)+)[A-Z_, ]*\b{name}\b", source, re.MULTILINE)
    if found is None:
        raise ValueError(f"{origin}.{name} has no `#:` comment above it")
    return " ".join(found[1].replace("#: ", "").split())


def default_limits() -> str:
    """Return the limits of a run with their defaults."""
    tree = ast.parse((ROOT / "grader" / "model" / "lab.py").read_text("utf-8"))
    node = next(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "Limits")
    lines = ["| field | default | meaning |", "|---|---|---|"]
    for field, words in _fields(node):
        name = ast.unparse(field.target)
        lines.append(f"| `{name}` | {_amount(getattr(Limits(), name), name)} | {words} |")
    return "\n".join(lines) + "\n"


def artifacts() -> str:
    """Return what each lab of the course asks a notebook to leave behind, from its lab.toml and its JSON Schemas."""
    lines: list[str] = []
    for lab in load_labs(ROOT):
        lines += [f"## Lab {lab.id}: {lab.title}", "", "| file or folder | what |", "|---|---|"]
        for spec in lab.artifacts:
            lines.append(f"| `{spec.path}` | {spec.description}{'' if spec.required else ' (may be missing)'} |")
        for spec in (spec for spec in lab.artifacts if spec.schema):
            schema = json.loads((lab.toml.parent / str(spec.schema)).read_text("utf-8"))
            lines += ["", f"**`{spec.path}`**", "", "| key | value | needed | meaning |", "|---|---|---|---|"]
            lines += _schema_rows(schema, schema, "")
        lines.append("")
    return "\n".join(lines)


def _schema_rows(table: dict[str, Any], schema: dict[str, Any], before: str) -> Iterator[str]:
    """One row for each key that a JSON object may have, and below it one for each key inside."""
    for key, entry in table.get("properties", {}).items():
        inner = _resolved(entry, schema)
        words = entry.get("description") or inner.get("description") or _STAMP.get(before + key, "")
        needed = "yes" if key in table.get("required", []) else ""
        yield f"| `{before}{key}` | {_json_value(inner, schema)} | {needed} | {words} |"
        items = _resolved(inner.get("items", {}), schema)
        yield from _schema_rows(inner, schema, f"{before}{key}.")
        yield from _schema_rows(items, schema, f"{before}{key}[].")


def _json_value(entry: dict[str, Any], schema: dict[str, Any]) -> str:
    """What a value may be, in words."""
    if "const" in entry:
        return f"`{json.dumps(entry['const'])}`"
    if "enum" in entry:
        return ", ".join(f"`{json.dumps(value)}`" for value in entry["enum"])
    kinds = entry.get("type", "anything")
    words = " or ".join(_TYPES.get(kind, kind) for kind in (kinds if isinstance(kinds, list) else [kinds]))
    low, high = (entry.get(name) for name in ("minimum", "maximum"))
    if low is not None and high is not None:
        words += f", {low:g} to {high:g}"
    elif low:
        words += f", {low:g} or more"
    inner = _resolved(entry.get("items", {}), schema).get("type")
    return f"{words} of {_TYPES.get(inner, inner)}s" if words == "list" and isinstance(inner, str) else words


#: Name of a block -> what makes it.
BLOCKS: dict[str, Callable[[], str]] = {
    "artifacts": artifacts,
    "error codes": error_codes,
    "lab": lab_keys,
    "lab profile": lambda: lab_keys("profile"),
    "lab limits": lambda: lab_keys("limits"),
    "lab artifact": lambda: lab_keys("artifact"),
    "lab exercise": lambda: lab_keys("exercise"),
    "lab measurement": lambda: lab_keys("measurement"),
    "lab probe": lambda: lab_keys("probe"),
    "lab strength": lambda: lab_keys("strength"),
    "lab calibration": lambda: lab_keys("calibration"),
    "lab late": lambda: lab_keys("late"),
    "probes.json": lambda: dataclass_fields("probe", ["ProbeRecord", "Probe", "ProbeCall", "ProbeError"]),
    "strength.json": lambda: dataclass_fields(
        "strength", ["StrengthReport", "LabStrength", "Proof", "Trial", "CheckStrength"]
    ),
    "submission.json": lambda: dataclass_fields("submission", ["Submission", "CodeCell", "Notice"]),
    "run.json": lambda: dataclass_fields("run", ["RunResult", "CellRun", "CellError", "SandboxStamp"]),
    "limits": default_limits,
    "operators": operators,
    "public modules": public_modules,
    "manifest.json": lambda: dataclass_fields("artifact", ["ArtifactManifest", "ArtifactFile", "Refusal"]),
    "verdicts.json": lambda: dataclass_fields(
        "verdict", ["Verdicts", "Verdict", "DeclaredCheck", "EvidenceRow", "Plot"]
    ),
    "grade.json": lambda: dataclass_fields("grade", ["Grade", "GradedLab", "Adjustment", "Stamp", "Flag"]),
}


def fill(text: str) -> str:
    """Return a page with its generated parts made anew.

    Args:
        text: a page of the documentation.

    Returns:
        The page.

    Raises:
        KeyError: a part has a name that nothing makes.
    """
    return _BLOCK.sub(lambda match: f"{match[1]}{BLOCKS[match['name']]()}{match[3]}", text)


def main() -> None:
    """Write every page that has a generated part."""
    for page in sorted(DOCS.glob("*.md")):
        before = page.read_text("utf-8")
        after = fill(before)
        if after != before:
            page.write_text(after, "utf-8")


def _class_table(node: ast.ClassDef) -> str:
    lines = [f"**{node.name}**: {_first_paragraph(ast.get_docstring(node) or '')}", ""]
    lines += ["| field | type | meaning |", "|---|---|---|"]
    for field, words in _fields(node):
        kind = ast.unparse(field.annotation).replace("|", r"\|")
        assert isinstance(field.target, ast.Name)
        lines.append(f"| `{field.target.id}` | `{kind}` | {words} |")
    return "\n".join(lines) + "\n"


def _fields(node: ast.ClassDef) -> Iterator[tuple[ast.AnnAssign, str]]:
    for field, after in zip(node.body, [*node.body[1:], None], strict=True):
        if isinstance(field, ast.AnnAssign):
            if not (isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)):
                raise ValueError(f"{node.name}.{ast.unparse(field.target)} has no words below it")
            yield field, " ".join(str(after.value.value).split())


def _amount(value: float | None, name: str) -> str:
    if value is None:
        return "not bounded"
    if name.endswith("_bytes"):
        return f"{value / 1024**3:g} GiB" if value >= 1024**3 else f"{value / 1024**2:g} MiB"
    return f"{value:g} s" if name.endswith("_seconds") else f"{value:g}"


def _first_paragraph(text: str) -> str:
    return " ".join(text.split("\n\n", maxsplit=1)[0].split())


def _resolved(entry: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    name = entry.get("$ref", "").rpartition("/")[2]
    return schema["$defs"][name] if name else entry


def _value(entry: dict[str, Any], schema: dict[str, Any]) -> str:
    if "enum" in entry:
        return ", ".join(f"`{value}`" for value in entry["enum"])
    kind = entry["type"]
    if kind == "array":
        inner = _resolved(entry["items"], schema)
        return "list of tables" if inner["type"] == "object" else f"list of {_TYPES[inner['type']]}s"
    return _TYPES.get(kind, "table")


if __name__ == "__main__":
    main()
