"""The published JSON Schemas, made from the dataclasses so that the two cannot drift apart."""

import ast
import inspect
import json
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec

from grader.model.grade import Grade
from grader.model.strength import StrengthReport

#: Where the schema of grade.json is published.
SCHEMA_FILE = Path(__file__).resolve().parents[1] / "grade.schema.json"
#: Where the schema of `grader validate --json` is published.
STRENGTH_SCHEMA_FILE = SCHEMA_FILE.with_name("strength.schema.json")


def grade_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a grade, with the docstrings of the dataclasses as descriptions."""
    return _schema(Grade, "grader.grade/1")


def strength_schema() -> dict[str, Any]:
    """Return the JSON Schema of what `grader validate --json` prints."""
    return _schema(StrengthReport, "grader.strength/1")


def schema_text(schema: dict[str, Any] | None = None) -> str:
    """Return a schema as its file holds it; that of a grade when none is given."""
    return json.dumps(schema or grade_schema(), indent=1, ensure_ascii=False) + "\n"


def _schema(kind: type[Any], name: str) -> dict[str, Any]:
    components = msgspec.json.schema_components((kind,), ref_template="#/$defs/{name}")[1]
    root = components.pop(kind.__name__)
    modules = [sys.modules[name] for name in sorted(sys.modules) if name.startswith("grader.model.")]
    classes = {name: cls for module in modules for name, cls in inspect.getmembers(module, inspect.isclass)}
    for title, component in ((kind.__name__, root), *components.items()):
        _describe(component, classes[title])
    root["properties"]["schema"] = {"const": name, "description": "Name and version of this format."}
    root["required"] = sorted({*root["required"], "schema"})
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:" + name.replace("/", ":"),
        **root,
        "title": name,
        "$defs": dict(sorted(components.items())),
    }


def _describe(component: dict[str, Any], cls: type) -> None:
    """Copy the text below each field of a dataclass into the schema."""
    body = ast.parse(inspect.getsource(cls)).body[0]
    statements = body.body if isinstance(body, ast.ClassDef) else []
    for field, below in pairwise(statements):
        match field, below:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                component["properties"][name]["description"] = " ".join(inspect.cleandoc(text).split())
            case _:
                pass
