"""Turns what a student's function returned into plain data of bounded size, and that into JSON.

The text of this file goes to the student's kernel together with the harness; it uses no module `json`, which a notebook
may have changed.
"""

import math
from collections.abc import Iterable, Mapping
from typing import Any

#: What one call may return: values, characters of text, levels of nesting.
MOST_VALUES = 50_000
MOST_CHARACTERS = 200_000
MOST_LEVELS = 8
#: Characters of a message.
LONGEST_MESSAGE = 500
_pipelines: list[Any] = []  # those that came back, kept alive so that each has a number of its own


class Refused(Exception):
    """What came back cannot be kept as data."""

    def __init__(self, kind: str, text: str = "") -> None:
        """Keep why: `unsuitable` or `too large`."""
        super().__init__(text)
        self.kind = kind


class Encoder:
    """Turns what a function returned into plain data of bounded size."""

    def __init__(self) -> None:
        """Begin with nothing spent."""
        self._values = MOST_VALUES
        self._characters = MOST_CHARACTERS

    def encode(self, value: Any, level: int = 0) -> Any:
        """Return the value as texts, numbers, lists and dictionaries.

        Raises:
            Refused: it is of another kind, or too large.
        """
        self._spend(1)
        if level > MOST_LEVELS:
            raise Refused("unsuitable", f"a value nested more than {MOST_LEVELS} levels deep")
        if value is None or isinstance(value, bool | int | float | str):
            return self._scalar(value)
        if isinstance(value, Mapping):
            return {self._key(key): self.encode(inner, level + 1) for key, inner in self._each(value.items())}
        kind = type(value)
        where = f"{kind.__module__}.{kind.__name__}"
        if where == "torch.dtype":
            return {"$dtype": str(value).removeprefix("torch.")}
        if hasattr(value, "tolist") and hasattr(value, "dtype") and hasattr(value, "shape"):
            return self._tensor(value)
        if isinstance(value, list | tuple) or hasattr(value, "__next__") or kind.__name__ == "DataLoader":
            return [self.encode(inner, level + 1) for inner in self._each(value)]
        if kind.__name__.endswith("Pipeline") and hasattr(value, "model"):
            return self._pipeline(value)
        raise Refused("unsuitable", f"a value of type {kind.__name__}"[:LONGEST_MESSAGE])

    def _pipeline(self, value: Any) -> dict[str, Any]:
        """What can be said of a pipeline of transformers; the number is that of the object, the same for the same."""
        if not any(value is known for known in _pipelines):
            _pipelines.append(value)
        number = next(at for at, known in enumerate(_pipelines) if known is value)
        task = self._text(str(getattr(value, "task", "")))
        return {"$pipeline": {"number": number, "task": task, "training": bool(value.model.training)}}

    def _scalar(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._text(value)
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, int):
            if value.bit_length() > 256:
                raise Refused("too large", "a number of more than 256 bits")
            return int(value)
        return float(value) if math.isfinite(value) else {"$float": str(float(value))}

    def _tensor(self, value: Any) -> dict[str, Any]:
        count = math.prod(int(size) for size in value.shape)
        self._spend(count)
        is_array = not hasattr(value, "detach")  # numpy's
        flat = value.flatten() if is_array else value.detach().cpu().flatten()
        numbers = flat.tolist()
        if len(numbers) != count or not all(type(number) in {bool, int, float} for number in numbers):
            raise Refused("unsuitable", f"a tensor of {str(value.dtype)[:40]}")
        return {
            "$tensor": {
                "dtype": str(value.dtype).removeprefix("torch."),
                "shape": [int(size) for size in value.shape],
                "device": "numpy" if is_array else str(value.device).partition(":")[0],
                "requires_grad": bool(getattr(value, "requires_grad", False)),
                "values": [number if math.isfinite(number) else str(number) for number in numbers],
            }
        }

    def _key(self, key: Any) -> str:
        text = self._text(str(key))
        if text.startswith("$"):  # what stands for a tensor is written by `_tensor` alone
            raise Refused("unsuitable", "a mapping with a name that begins with $")
        return text

    def _each(self, values: Iterable[Any]) -> Iterable[Any]:
        for value in values:
            self._spend(1)
            yield value

    def _spend(self, values: int) -> None:
        self._values -= values
        if self._values < 0:
            raise Refused("too large", f"more than {MOST_VALUES:,} values")

    def _text(self, text: str) -> str:
        self._characters -= len(text)
        if self._characters < 0:
            raise Refused("too large", f"more than {MOST_CHARACTERS:,} characters")
        return str(text)


def to_json(value: Any) -> str:
    """Write plain data as JSON.

    Args:
        value: None, booleans, numbers, texts, lists and dictionaries.
    """
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, str):
        return '"' + "".join(_letter(char) for char in value) + '"'
    if isinstance(value, dict):
        return "{" + ",".join(f"{to_json(str(key))}:{to_json(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(to_json(inner) for inner in value) + "]"
    return repr(value)


def _letter(char: str) -> str:
    code = ord(char)
    if 32 <= code < 127 and char not in '"\\':
        return char
    if code < 0x10000:
        return f"\\u{code:04x}"
    code -= 0x10000
    return f"\\u{0xD800 + (code >> 10):04x}\\u{0xDC00 + (code & 0x3FF):04x}"
