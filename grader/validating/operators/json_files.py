"""Operators on values in JSON files; a key is a dotted path such as `confusion.0.1`."""

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from grader.validating.operators.targets import OperatorError, targets


def replace_json(folder: Path, path: str, key: str, value: Any) -> None:
    """Put a value at a key, new or in the place of one; `nan` is written as the bare word."""
    _edit(folder, path, key, lambda _: value, new=True)


def scale_json(folder: Path, path: str, key: str, factor: float) -> None:
    """Multiply a number."""
    _edit(folder, path, key, lambda value: value * factor)


def shift_json(folder: Path, path: str, key: str, by: float) -> None:
    """Add to a number."""
    _edit(folder, path, key, lambda value: value + by)


def drop_json(folder: Path, path: str, key: str) -> None:
    """Remove a key."""
    for found in targets(folder, path):
        content = _load(found)
        parent, last = _parent(content, key)
        _get(parent, last, key)
        del parent[last]
        _save(found, content)


def swap_json(folder: Path, path: str, first: str, second: str) -> None:
    """Exchange the values at two keys."""
    for found in targets(folder, path):
        content = _load(found)
        (one, last_one), (other, last_other) = _parent(content, first), _parent(content, second)
        kept = _get(one, last_one, first)
        one[last_one] = _get(other, last_other, second)
        other[last_other] = kept
        _save(found, content)


def reorder_json(folder: Path, path: str) -> None:
    """Reverse the order of all keys: harmless."""
    for found in targets(folder, path):
        _save(found, _reversed(_load(found)))


def keep_entries(folder: Path, path: str, key: str, every: int) -> None:
    """Keep only every so many entries of a list."""
    _edit(folder, path, key, lambda entries: entries[::every])


def permute_json(folder: Path, path: str, key: str, seed: int = 0) -> None:
    """Put the entries of a list in another order."""

    def permute(entries: list[Any]) -> list[Any]:
        draw = random.Random(seed)  # noqa: S311 - an order, not a secret
        for _ in range(20):
            shuffled = draw.sample(entries, len(entries))
            if shuffled != entries:
                return shuffled
        raise OperatorError(f"the entries of {key} are all alike.")

    _edit(folder, path, key, permute)


def repeat_json(folder: Path, path: str, key: str) -> None:
    """Write the last entry of a list twice."""
    _edit(folder, path, key, lambda entries: [*entries, entries[-1]])


def _edit(folder: Path, path: str, key: str, change: Callable[[Any], Any], *, new: bool = False) -> None:
    for found in targets(folder, path):
        content = _load(found)
        parent, last = _parent(content, key)
        parent[last] = change(None if new else _get(parent, last, key))
        _save(found, content)


def _parent(content: Any, key: str) -> tuple[Any, str | int]:
    """The innermost mapping or list of a dotted key, and the key or index in it."""
    *outer, last = key.split(".")
    for part in outer:
        content = _get(content, _step(content, part), key)
    return content, _step(content, last)


def _step(content: Any, part: str) -> str | int:
    return int(part) if isinstance(content, list) else part


def _get(content: Any, step: str | int, key: str) -> Any:
    try:
        return content[step]
    except (KeyError, IndexError, TypeError) as exc:
        raise OperatorError(f"there is no key {key}.") from exc


def _reversed(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _reversed(inner) for key, inner in reversed(cast("dict[str, Any]", value).items())}
    if isinstance(value, list):
        return [_reversed(inner) for inner in cast("list[Any]", value)]
    return value


def _load(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"))


def _save(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False), "utf-8")
