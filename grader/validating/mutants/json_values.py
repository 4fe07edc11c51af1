"""Mutants of a JSON file: forged numbers, other words, lost, permuted and repeated entries, and harmless changes."""

import math
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from grader.validating.mutants.mutant import Mutant, mutant

#: A claim that is a little, clearly, and absurdly too high.
FACTORS = (1.01, 1.5, 10)


def json_mutants(file: str, content: Any, draw: random.Random) -> Iterator[Mutant]:
    """Return the mutants of a JSON file.

    Of entries that are alike, such as the lines of a log, one is drawn.

    Args:
        file: path of the file below the artifacts.
        content: what it holds.
        draw: what decides which of the entries that are alike is changed.

    Returns:
        The mutants, in the order of the file.
    """
    yield mutant(file, "reordered", "reorder_json", harmless=True)
    if isinstance(content, dict):
        yield mutant(file, "key added", "replace_json", harmless=True, key="remark_of_mine", value="checked twice")
    groups: dict[str, list[tuple[str, Any]]] = {}
    for key, value in _values(content, ""):
        groups.setdefault(re.sub(r"(?<![^.])\d+(?![^.])", "*", key), []).append((key, value))
    for shape, members in groups.items():
        key, value = draw.choice(members)
        yield from _of_value(file, shape, key, value, draw)


def _values(content: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    """Every value below the top with its dotted key; a key that holds a dot cannot be named."""
    entries: list[tuple[Any, Any]] = []
    if isinstance(content, dict):
        entries = list(cast("Mapping[Any, Any]", content).items())
    elif isinstance(content, list):
        entries = list(enumerate(cast("Sequence[Any]", content)))
    for step, value in entries:
        if str(step) and "." not in str(step):
            key = f"{prefix}.{step}" if prefix else str(step)
            yield key, value
            yield from _values(value, key)


def _of_value(file: str, shape: str, key: str, value: Any, draw: random.Random) -> Iterator[Mutant]:
    def made(kind: str, operator: str, **arguments: Any) -> Mutant:
        return mutant(file, kind, operator, shape, key=key, **arguments)

    if not shape.endswith("*"):
        yield made("dropped", "drop_json")
    if isinstance(value, bool):
        yield made("turned round", "replace_json", value=not value)
    elif isinstance(value, int | float):
        yield from (made(f"times {factor:g}", "replace_json", value=_forged(value, factor)) for factor in FACTORS)
        yield made("not a number", "replace_json", value=math.nan)
    elif isinstance(value, str):
        yield made("other words", "replace_json", value="lorem ipsum dolor sit amet")
    elif isinstance(value, list):
        entries = cast("list[Any]", value)
        if len(entries) > 1:
            yield made("half lost", "keep_entries", every=2)
            yield made("repeated", "repeat_json")
            if any(entry != entries[0] for entry in entries):
                yield made("permuted", "permute_json", seed=draw.randrange(1000))


def _forged(value: float, factor: float) -> float:
    """A whole number stays one, and changes."""
    if not value:
        return factor if isinstance(value, float) else round(factor)
    if isinstance(value, float):
        return value * factor
    forged = round(value * factor)
    return forged if forged != value else value + 1
