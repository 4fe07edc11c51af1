"""Reads the cases of a lab: each one mistake in the reference run's artifacts, and the checks that must see it."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from grader.errors import LabFault
from grader.model.lab import Lab

_KEYS = {"mistake", "fails", "edits"}


@dataclass(frozen=True)
class Edit:
    """One step of a case: an operator and what it is given."""

    operator: str
    """Name of a function of `grader.validating.operators` or of the lab's own `cases/<lab>/operators.py`."""
    arguments: dict[str, Any]


@dataclass(frozen=True)
class Case:
    """One wrong submission, or a harmless change when no check has to fail."""

    name: str
    """Name of its folder."""
    mistake: str
    """What a student did, in one line."""
    fails: tuple[str, ...]
    """Exactly the checks that must not pass; all others pass, or wait for one of these."""
    edits: tuple[Edit, ...]
    recipe: Path | None
    """`recipe.py`, for what no operator can do: it is run after the edits."""
    folder: Path

    @property
    def harmless(self) -> bool:
        """Whether the change must cost nothing."""
        return not self.fails


def load_cases(lab: Lab) -> tuple[Case, ...]:
    """Read all cases of a lab.

    Args:
        lab: the lab; its cases are in `cases/<lab id>/<name>/case.toml` below its checks.

    Returns:
        The cases by name; none when the lab has no folder of cases.

    Raises:
        LabFault: GR206, a case.toml is missing, cannot be read or says something that no case has.
    """
    root = lab.checks_root / "cases" / lab.id
    for folder in sorted(path for path in root.glob("[!_.]*") if path.is_dir()):
        if not (folder / "case.toml").is_file() and any(path.is_file() for path in folder.iterdir()):
            raise LabFault("GR206", f"Case {folder.name} has no case.toml.", "Write one, or remove its folder.")
    return tuple(_load_case(toml) for toml in sorted(root.glob("*/case.toml")))


def _load_case(toml: Path) -> Case:
    where = f"Case {toml.parent.name}"
    try:
        table = tomllib.loads(toml.read_text("utf-8"))
    except (OSError, ValueError) as exc:
        raise LabFault("GR206", f"{where} cannot be read: {exc}.") from exc
    if unknown := sorted(set(table) - _KEYS):
        raise LabFault("GR206", f"{where} has unknown keys: {', '.join(unknown)}.", f"It knows {sorted(_KEYS)}.")
    mistake, fails = table.get("mistake"), table.get("fails")
    if not isinstance(mistake, str) or not mistake.strip():
        raise LabFault("GR206", f"{where} has no `mistake`.", "Say in one line what the student did.")
    if not _is_list_of_names(fails):
        raise LabFault("GR206", f"{where} has no `fails`.", 'List the checks, such as fails = ["test_claim"].')
    recipe = toml.with_name("recipe.py")
    edits = tuple(_edit(entry, where) for entry in table.get("edits", []))
    if not edits and not recipe.is_file():
        raise LabFault("GR206", f"{where} changes nothing.", "Give it [[edits]] or a recipe.py.")
    return Case(
        name=toml.parent.name,
        mistake=mistake,
        fails=tuple(cast("list[str]", fails)),
        edits=edits,
        recipe=recipe if recipe.is_file() else None,
        folder=toml.parent,
    )


def _edit(entry: dict[str, Any], where: str) -> Edit:
    arguments = dict(entry)
    operator = arguments.pop("operator", None)
    if not isinstance(operator, str):
        raise LabFault("GR206", f"{where} has an edit without an operator.", "Name the operator.")
    return Edit(operator, arguments)


def _is_list_of_names(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(name, str) for name in cast("list[Any]", value))
