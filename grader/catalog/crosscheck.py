"""Checks what a schema cannot: that the parts of one lab.toml, and the files it names, fit one another."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from grader.probing.inputs import generator_files, generator_names

#: Parameters that every notebook takes; their values come from the run, never from lab.toml.
COMMON_PARAMETERS = ("output_dir", "seed", "student_id", "device", "profile")

Table = Mapping[str, Any]


def part_problems(table: Table, toml: Path) -> list[str]:
    """Return every way in which the parts of a lab.toml do not fit one another.

    Args:
        table: the parsed file, valid by its schema.
        toml: its path.

    Returns:
        Sentences; empty when all parts fit.
    """
    return [
        *_name_problems(table, toml),
        *_parameter_problems(table),
        *_artifact_problems(table),
        *_exercise_problems(table),
        *_measurement_problems(table),
        *_probe_problems(table),
        *_limit_problems(table),
    ]


def file_problems(table: Table, toml: Path, checks_root: Path) -> list[str]:
    """Return every file that a lab.toml names and that is not there or cannot be used.

    Args:
        table: the parsed file, valid by its schema.
        toml: its path.
        checks_root: checks/<track>.

    Returns:
        Sentences; empty when all files are there. Files below `hidden/` may be missing where students have no
        copy of that folder.
    """
    problems: list[str] = []
    for schema in dict.fromkeys(entry["schema"] for entry in table.get("artifacts", []) if "schema" in entry):
        problems += _schema_file_problems(toml.parent / schema, schema)
    named: list[str] = [*table["checks"]["modules"], *table["checks"].get("hidden", [])]
    for measurement in table.get("measurements", {}).values():
        named += measurement.get("data", [])
    problems += _generator_problems(table, checks_root)
    hidden_here = has_hidden(checks_root)
    for name in dict.fromkeys(named):
        expected = hidden_here or not name.startswith("hidden/")
        if expected and not (checks_root / name).is_file():
            problems.append(f"checks/{checks_root.name}/{name} is not there")
    return problems


def has_hidden(checks_root: Path) -> bool:
    """Tell whether this machine has the hidden checks of a track: students have none.

    Args:
        checks_root: checks/<track>.

    Returns:
        True when its folder `hidden` holds a check module.
    """
    return any((checks_root / "hidden").glob("test_*.py"))


def _name_problems(table: Table, toml: Path) -> Iterator[str]:
    expected = f"lab-{table['id']}.toml"
    if toml.name != expected:
        yield f"id: lab {table['id']} belongs in a file called {expected}, not {toml.name}"


def _parameter_problems(table: Table) -> Iterator[str]:
    declared: list[str] = table["parameters"]
    missing = [name for name in COMMON_PARAMETERS if name not in declared]
    if missing:
        yield f"parameters: every lab has {_names(missing)} too"
    own = [name for name in declared if name not in COMMON_PARAMETERS]
    kinds: dict[str, set[str]] = {}
    for profile, settings in table["profiles"].items():
        values: Table = settings["parameters"]
        common = [name for name in values if name in COMMON_PARAMETERS]
        unknown = [name for name in values if name not in declared and name not in COMMON_PARAMETERS]
        lacking = [name for name in own if name not in values]
        place = f"profiles, {profile}, parameters"
        if common:
            yield f"{place}: {_names(common)} come from the run and are not set here"
        if unknown:
            yield f"{place}: {_names(unknown)} are not among the lab's parameters"
        if lacking:
            yield f"{place}: no value for {_names(lacking)}"
        for name, value in values.items():
            kinds.setdefault(name, set()).add(_kind(value))
    for name in sorted(name for name, found in kinds.items() if len(found) > 1):
        yield f"profiles: `{name}` is {' in one and '.join(sorted(kinds[name]))} in another"


def _artifact_problems(table: Table) -> Iterator[str]:
    entries: list[Table] = table.get("artifacts", [])
    yield from _repeated("artifacts", "path", [entry["path"] for entry in entries])
    for entry in entries:
        if "schema" in entry and entry["kind"] != "json":
            yield f"artifacts, {entry['path']}: a schema is for kind json, not {entry['kind']}"
        if "hub" in entry and entry["hub"] not in table["parameters"]:
            yield f"artifacts, {entry['path']}: `{entry['hub']}` is not among the lab's parameters"
        if "hub" in entry and "/" in entry["path"]:
            yield f"artifacts, {entry['path']}: what comes from the Hub lies at the top, not below a folder"
        if "revision" in entry and "hub" not in entry:
            yield f"artifacts, {entry['path']}: a revision is for what comes from the Hub"


def _exercise_problems(table: Table) -> Iterator[str]:
    entries: list[Table] = table.get("exercises", [])
    yield from _repeated("exercises", "id", [entry["id"] for entry in entries])
    yield from _repeated("exercises", "check", [check for entry in entries for check in entry["checks"]])


def _measurement_problems(table: Table) -> Iterator[str]:
    artifacts: list[str] = [entry["path"] for entry in table.get("artifacts", [])]
    hub: Table = table.get("hub", {})
    bases = {*hub.get("models", []), *(f"datasets/{name.partition(':')[0]}" for name in hub.get("datasets", []))}
    for name, measurement in table.get("measurements", {}).items():
        for path in measurement.get("artifacts", []):
            if not any(path == known or path.startswith(f"{known}/") for known in artifacts):
                yield f"measurements, {name}: `{path}` is not among the lab's artifacts"
        for option, value in measurement.get("options", {}).items():
            if isinstance(value, str) and value.startswith("$") and value[1:] not in table["parameters"]:
                yield f"measurements, {name}: option `{option}` is `{value}`, and the lab has no such parameter"
        for base in measurement.get("bases", []):
            if base not in bases:
                yield f"measurements, {name}: `{base}` is not among the lab's Hub models and datasets"


def _probe_problems(table: Table) -> Iterator[str]:
    pairs = [f"{entry['name']} on {entry['inputs']}" for entry in table.get("probes", [])]
    yield from _repeated("probes", "pair", pairs)


def _generator_problems(table: Table, checks_root: Path) -> Iterator[str]:
    """What lab.toml expects of the files of generators; hidden ones are not on a student's machine."""
    wanted = dict.fromkeys(entry["inputs"] for entry in table.get("probes", []))
    visible, hidden = generator_files(checks_root, table["id"])
    known = generator_names(visible) | generator_names(hidden)
    whole = has_hidden(checks_root) or not visible.is_file()
    if whole and (lost := [name for name in wanted if name not in known]):
        yield f"checks/{checks_root.name}/{visible.name} has no generator {_names(lost)}"
    ours = [entry["name"] for entry in table.get("probes", []) if entry.get("ours")]
    if whole and (lost := [name for name in ours if name not in known]):
        yield f"checks/{checks_root.name}/{visible.name} has no function {_names(lost)}"


def _limit_problems(table: Table) -> Iterator[str]:
    for profile, settings in table["profiles"].items():
        sizes = [
            key.rsplit("_", 1)[0] for key in settings.get("limits", {}) if key.endswith(("_bytes", "_mib", "_gib"))
        ]
        for name in sorted(name for name, count in Counter(sizes).items() if count > 1):
            yield f"profiles, {profile}, limits: `{name}` is given in more than one unit"


def _schema_file_problems(path: Path, name: str) -> Iterator[str]:
    import jsonschema

    if not path.is_file():
        yield f"{name} is not there"
        return
    try:
        jsonschema.Draft202012Validator.check_schema(json.loads(path.read_text("utf-8")))
    except ValueError as exc:
        yield f"{name} is not JSON: {exc}"
    except jsonschema.SchemaError as exc:
        yield f"{name} is not a JSON Schema: {exc.message}"


def _repeated(place: str, what: str, values: Sequence[str]) -> Iterator[str]:
    for value, count in Counter(values).items():
        if count > 1:
            yield f"{place}: the {what} `{value}` occurs {count} times"


def _kind(value: object) -> str:
    if isinstance(value, bool):
        return "true or false"
    return "a text" if isinstance(value, str) else "a number"


def _names(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
