"""Says in sentences everything about a lab.toml that does not match the lab schema."""

import difflib
import functools
import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import resources
from typing import Any, cast

_KINDS = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a table",
}


@functools.cache
def lab_schema() -> dict[str, Any]:
    """Return the JSON Schema of lab.toml."""
    text = resources.files("grader").joinpath("lab.schema.json").read_text("utf-8")
    return cast("dict[str, Any]", json.loads(text))


def schema_problems(table: Mapping[str, Any]) -> list[str]:
    """Return every way in which a lab.toml does not match its schema.

    Args:
        table: the parsed file.

    Returns:
        Sentences of the form `place: what is wrong`, in the order of the file's keys; empty when it matches.
    """
    import jsonschema

    validator = jsonschema.Draft202012Validator(lab_schema())
    errors = sorted(validator.iter_errors(table), key=lambda error: [str(part) for part in error.absolute_path])
    problems = [sentence for error in errors for sentence in _sentences(error)]
    return problems + [f"{place(path)}: must be finite" for path in _not_finite(table, [])]


def place(path: Sequence[str | int]) -> str:
    """Return where in lab.toml something is.

    Args:
        path: keys and positions from the top.

    Returns:
        For example `artifacts, entry 2, schema`.
    """
    return ", ".join(f"entry {part + 1}" if isinstance(part, int) else part for part in path) or "lab.toml"


def _sentences(error: Any) -> Iterator[str]:
    where = place(list(error.absolute_path))
    if error.validator == "required":
        for key in error.validator_value:
            if key not in error.instance and f"'{key}'" in error.message:
                yield f"{where}: `{key}` is missing"
    elif error.validator == "additionalProperties":
        known = list(error.schema.get("properties", {}))
        for key in (key for key in error.instance if key not in known):
            near = difflib.get_close_matches(key, known, n=1, cutoff=0.5)
            yield f"{where}: `{key}` is not known here" + (f"; did you mean `{near[0]}`?" if near else "")
    else:
        yield f"{where}: {_requirement(error)}"


def _requirement(error: Any) -> str:
    allowed, value = error.validator_value, _shown(error.instance)
    words = _REQUIREMENTS.get(error.validator)
    return words(allowed, value) if words else str(error.message)  # maxLength: jsonschema's own words are clear


def _kinds(allowed: str | list[str]) -> str:
    return " or ".join(_KINDS[kind] for kind in ([allowed] if isinstance(allowed, str) else allowed))


#: Keyword of the schema -> the sentence, made from what the keyword says and the value as shown.
_REQUIREMENTS: dict[str, Callable[[Any, str], str]] = {
    "type": lambda allowed, value: f"must be {_kinds(allowed)}, is {value}",
    "enum": lambda allowed, value: f"must be one of {', '.join(allowed)}, is {value}",
    "pattern": lambda allowed, value: f"{value} does not have the form {allowed}",
    "minimum": lambda allowed, value: f"must be at least {allowed}, is {value}",
    "maximum": lambda allowed, value: f"must be at most {allowed}, is {value}",
    "exclusiveMinimum": lambda allowed, value: f"must be more than {allowed}, is {value}",
    "minItems": lambda _allowed, _value: "must not be empty",
    "minLength": lambda _allowed, _value: "must not be empty",
    "uniqueItems": lambda _allowed, _value: "lists the same thing twice",
}


def _shown(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else text[:59] + "…"


def _not_finite(value: object, path: list[str | int]) -> Iterator[list[str | int]]:
    if isinstance(value, float) and not math.isfinite(value):
        yield path
    elif isinstance(value, Mapping):
        for key, entry in cast("Mapping[str, object]", value).items():
            yield from _not_finite(entry, [*path, key])
    elif isinstance(value, list):
        for index, entry in enumerate(cast("list[object]", value)):
            yield from _not_finite(entry, [*path, index])
