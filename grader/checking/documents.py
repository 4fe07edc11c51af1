"""A JSON object of the student's, whose missing and unsuitable values are failures of the check, not errors of ours."""

import math
from collections.abc import Iterator, Mapping
from typing import Any, cast

from grader.checking.outcome import CheckFailure, Missing


class JsonObject(Mapping[str, Any]):
    """One object of a JSON file; a key that is not there raises `Missing` and names the file."""

    def __init__(self, data: Mapping[str, Any], name: str) -> None:
        """Wrap plain data.

        Args:
            data: the object.
            name: what to call it: the file, and for a nested object the keys that lead to it.
        """
        self._data = data
        self._name = name

    def __getitem__(self, key: str) -> Any:
        """Return a value; nested objects are wrapped too.

        Raises:
            Missing: there is no such key.
        """
        if key not in self._data:
            there = ", ".join(f"`{name[:40]}`" for name in list(self._data)[:8]) or "nothing"
            raise Missing(f"{self._name} has no `{key}`. It has: {there}.", f"Write `{key}` into {self._name}.")
        return self._wrapped(self._data[key], key)

    def __contains__(self, key: object) -> bool:
        return key in self._data

    def __iter__(self) -> Iterator[str]:
        return iter(self._data)

    def __len__(self) -> int:
        return len(self._data)

    def get(self, key: str, default: Any = None) -> Any:
        """Return a value, or the default when there is no such key."""
        return self[key] if key in self._data else default

    def number(self, key: str, low: float = -math.inf, high: float = math.inf) -> float:
        """Return a finite number, whole numbers as `int`.

        Args:
            key: its name.
            low: the least value that makes sense.
            high: the largest.

        Returns:
            The number.

        Raises:
            Missing: there is no such key.
            CheckFailure: the value is text, NaN or something else, or out of range.
        """
        return self._number(self[key], f"`{key}`", low, high)

    def integer(self, key: str, low: float = -math.inf, high: float = math.inf) -> int:
        """Return a whole number; as `number`."""
        value = self.number(key, low, high)
        if value != int(value):
            raise CheckFailure(f"{self._name}: `{key}` is {value}; a whole number is needed.")
        return int(value)

    def text(self, key: str) -> str:
        """Return a string.

        Raises:
            Missing: there is no such key.
            CheckFailure: it is something else.
        """
        value = self[key]
        if not isinstance(value, str):
            raise self._unsuitable(f"`{key}`", value, "a text is needed")
        return value

    def nested(self, key: str) -> "JsonObject":
        """Return a nested object.

        Raises:
            Missing: there is no such key.
            CheckFailure: it is something else.
        """
        value = self[key]
        if not isinstance(value, JsonObject):
            raise self._unsuitable(f"`{key}`", value, "an object with names and values is needed")
        return value

    def entries(self, key: str) -> list[Any]:
        """Return a list; its objects are wrapped.

        Raises:
            Missing: there is no such key.
            CheckFailure: it is something else.
        """
        value = self[key]
        if not isinstance(value, list):
            raise self._unsuitable(f"`{key}`", value, "a list is needed")
        return cast("list[Any]", value)

    def numbers(self, key: str) -> list[float]:
        """Return a list of finite numbers.

        Raises:
            Missing: there is no such key.
            CheckFailure: it is no list, or an entry is no finite number.
        """
        entries = self.entries(key)
        return [
            self._number(entry, f"entry {at} of `{key}`", -math.inf, math.inf) for at, entry in enumerate(entries, 1)
        ]

    def objects(self, key: str) -> list["JsonObject"]:
        """Return a list of objects.

        Raises:
            Missing: there is no such key.
            CheckFailure: it is no list, or an entry is no object.
        """
        entries = self.entries(key)
        for at, entry in enumerate(entries, 1):
            if not isinstance(entry, JsonObject):
                raise self._unsuitable(f"entry {at} of `{key}`", entry, "an object with names and values is needed")
        return entries

    def plain(self) -> dict[str, Any]:
        """Return the data as it is in the file."""
        return dict(self._data)

    def _number(self, value: Any, what: str, low: float, high: float) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self._unsuitable(what, value, "a number is needed")
        if isinstance(value, int) and abs(value) >= 2**63:
            value = math.inf if abs(value) >= 10**300 else float(value)
        if not math.isfinite(value):
            word = "NaN" if math.isnan(value) else "infinite"
            hint = "Look at the loss first: training has probably diverged."
            raise CheckFailure(
                f"{self._name}: {what} is {word}; a finite number is needed.", hint, mistake="not-finite"
            )
        if not low <= value <= high:
            raise CheckFailure(f"{self._name}: {what} is {value}, which is outside {low:g} to {high:g}.")
        return value

    def _unsuitable(self, what: str, value: Any, needed: str) -> CheckFailure:
        if isinstance(value, str):
            found = f"text ({value[:40]!r})"
        elif isinstance(value, JsonObject):
            found = "an object"
        else:
            found = {type(None): "null", bool: "true or false", list: "a list"}.get(type(value), "a number")
        return CheckFailure(f"{self._name}: {what} is {found}; {needed}.")

    def _wrapped(self, value: Any, key: str) -> Any:
        name = f"{self._name} → {key}"
        if isinstance(value, dict):
            return JsonObject(cast("dict[str, Any]", value), name)
        if isinstance(value, list):
            return [self._wrapped(entry, f"{key}[{at}]") for at, entry in enumerate(cast("list[Any]", value))]
        return value
