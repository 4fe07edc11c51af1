"""The published JSON Schema of grade.json, made from the dataclasses so that the two cannot drift apart."""

import ast
import inspect
import json
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec

from grader.model.grade import Grade

#: Where the schema is published.
SCHEMA_FILE = Path(__file__).resolve().parents[1] / "grade.schema.json"

_NAME = "grader.grade/1"


def grade_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a grade, with the docstrings of the dataclasses as descriptions."""
    components = msgspec.json.schema_components((Grade,), ref_template="#/$defs/{name}")[1]
    root = components.pop("Grade")
    modules = [sys.modules[name] for name in sorted(sys.modules) if name.startswith("grader.model.")]
    classes = {name: cls for module in modules for name, cls in inspect.getmembers(module, inspect.isclass)}
    for name, component in (("Grade", root), *components.items()):
        _describe(component, classes[name])
    root["properties"]["schema"] = {"const": _NAME, "description": "Name and version of this format."}
    root["required"] = sorted({*root["required"], "schema"})
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:" + _NAME.replace("/", ":"),
        **root,
        "title": _NAME,
        "$defs": dict(sorted(components.items())),
    }


def schema_text() -> str:
    """Return the schema as the file holds it."""
    return json.dumps(grade_schema(), indent=1, ensure_ascii=False) + "\n"


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
