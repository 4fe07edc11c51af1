"""Reads which mutants an author lets live, and why: `survivors.toml` beside the cases of a lab."""

import tomllib
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, cast

from grader.errors import LabFault
from grader.model.lab import Lab

_TABLES = ("survivors", "costly")


@dataclass(frozen=True)
class Excuses:
    """What an author has said about mutants."""

    survivors: tuple[tuple[str, str], ...] = ()
    """Patterns of the names of mutants that no check needs to catch, each with the reason."""
    costly: tuple[tuple[str, str], ...] = ()
    """Patterns of changes that are harmless elsewhere and cost points here, each with the reason."""

    def why_survives(self, name: str) -> str:
        """Return why a mutant may survive; empty when nobody has said so."""
        return _reason(self.survivors, name)

    def why_costs(self, name: str) -> str:
        """Return why a harmless kind of change is none here; empty when nobody has said so."""
        return _reason(self.costly, name)


def load_excuses(lab: Lab) -> Excuses:
    """Read `cases/<lab>/survivors.toml`.

    Args:
        lab: the lab.

    Returns:
        What it says; nothing when it is not there.

    Raises:
        LabFault: GR206, it cannot be read, or an entry lacks its mutants or its reason.
    """
    path = lab.checks_root / "cases" / lab.id / "survivors.toml"
    if not path.is_file():
        return Excuses()
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as exc:
        raise LabFault("GR206", f"survivors.toml of lab {lab.id} cannot be read: {exc}.") from exc
    if unknown := sorted(set(table) - set(_TABLES)):
        raise LabFault("GR206", f"survivors.toml of lab {lab.id} has unknown tables: {', '.join(unknown)}.")
    pairs = {name: tuple(pair for entry in table.get(name, []) for pair in _pairs(entry, lab)) for name in _TABLES}
    return Excuses(pairs["survivors"], pairs["costly"])


def _pairs(entry: dict[str, Any], lab: Lab) -> list[tuple[str, str]]:
    patterns, reason = entry.get("mutants"), entry.get("reason")
    named = isinstance(patterns, list) and patterns and all(isinstance(one, str) for one in cast("list[Any]", patterns))
    if not named or not isinstance(reason, str) or not reason.strip():
        raise LabFault(
            "GR206",
            f"survivors.toml of lab {lab.id} has an entry without `mutants` or without a `reason`.",
            'Write mutants = ["metrics.json:seconds:*"] and, in a sentence, why no check can tell.',
        )
    return [(pattern, reason.strip()) for pattern in cast("list[str]", patterns)]


def _reason(pairs: tuple[tuple[str, str], ...], name: str) -> str:
    return next((reason for pattern, reason in pairs if fnmatchcase(name, _literal_brackets(pattern))), "")


def _literal_brackets(pattern: str) -> str:
    """Names hold brackets and stars of their own; only `*` and `?` are wild."""
    return pattern.replace("[", "[[]")
