"""Brings what a pipeline returned for one input into one form, so that two answers can be compared."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast


class NoAnswer(Exception):
    """What is there is no answer of this task; the text says why, for the student."""


@dataclass(frozen=True)
class Answer:
    """One answer: what it says, and how sure it is."""

    texts: tuple[str, ...]
    """Labels, names with their places, or the text that was made."""
    numbers: tuple[float, ...]
    """Scores in the order of the texts; of a vector its values."""

    def plain(self) -> list[Any]:
        """Return it as JSON holds it."""
        return [list(self.texts), list(self.numbers)]


def answer_of(task: str, output: Any) -> Answer:
    """Read one output of a task.

    Args:
        task: its name, no alias.
        output: what the pipeline returned for one input, as plain data.

    Returns:
        The answer.

    Raises:
        NoAnswer: it is something else.
    """
    try:
        answer = _READERS[task](output)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, RecursionError) as exc:
        keys = f"no {exc}" if isinstance(exc, KeyError) else "another form"
        raise NoAnswer(f"it is not what {task} returns ({keys})") from exc
    if not all(math.isfinite(number) for number in answer.numbers):
        raise NoAnswer("it holds a number that is not finite")
    return answer


def agree(task: str, one: Answer, other: Answer, tolerance: float) -> bool:
    """Tell whether two answers say the same.

    Args:
        task: its name, no alias.
        one: an answer.
        other: the other.
        tolerance: the largest difference of two scores; of vectors relative to the largest value.

    Returns:
        Whether texts are equal and numbers close. Labels in another order are the same where their scores are.
    """
    if len(one.texts) != len(other.texts) or len(one.numbers) != len(other.numbers):
        return False
    if task in _RANKED:
        # sorted alike, and the same score under each label: two labels with one score may change places
        if not all(_close(a, b, tolerance) for a, b in zip(one.numbers, other.numbers, strict=True)):
            return False
        first, second = (dict(zip(each.texts, each.numbers, strict=False)) for each in (one, other))
        return first.keys() == second.keys() and all(_close(first[key], second[key], tolerance) for key in first)
    scale = max((abs(number) for number in other.numbers), default=1.0) if task == "feature-extraction" else 1.0
    near = all(_close(a, b, tolerance * scale) for a, b in zip(one.numbers, other.numbers, strict=True))
    return one.texts == other.texts and near


def same_scores(one: Answer, other: Answer, tolerance: float) -> bool:
    """Tell whether two answers hold the same scores, whatever their labels are."""
    return len(one.numbers) == len(other.numbers) > 0 and all(
        _close(a, b, tolerance) for a, b in zip(one.numbers, other.numbers, strict=True)
    )


def _close(one: float, other: float, tolerance: float) -> bool:
    return abs(one - other) <= tolerance + 1e-9


def _ranked(label: str) -> Callable[[Any], Answer]:
    def read(output: Any) -> Answer:
        entries = _list_of_objects(output)
        return Answer(tuple(_text(entry[label]) for entry in entries), tuple(_number(one["score"]) for one in entries))

    return read


def _entities(output: Any) -> Answer:
    entries = _list_of_objects(output, least=0)
    texts = tuple(
        f"{_text(one['entity_group'])} {_text(one['word'])} {_number(one['start']):.0f}-{_number(one['end']):.0f}"
        for one in entries
    )
    return Answer(texts, tuple(_number(one["score"]) for one in entries))


def _choice(output: Any) -> Answer:
    (entry,) = _list_of_objects(output)
    labels, scores = entry["labels"], entry["scores"]
    if len(labels) != len(scores):
        raise ValueError(labels)
    return Answer(tuple(map(_text, labels)), tuple(map(_number, scores)))


def _written(key: str) -> Callable[[Any], Answer]:
    def read(output: Any) -> Answer:
        if isinstance(output, str):
            return Answer((output.strip(),), ())
        (entry,) = _list_of_objects(output)
        return Answer((_text(entry[key]).strip(),), ())

    return read


def _vectors(output: Any) -> Answer:
    """Vectors of tokens: lists around them that hold one entry only are taken off."""
    rows = output
    while isinstance(rows, list) and len(rows) == 1 and isinstance(rows[0], list) and isinstance(rows[0][0], list):
        rows = rows[0]
    table = [[_number(value) for value in row] for row in cast("list[list[Any]]", rows)]
    if len({len(row) for row in table}) != 1:
        raise ValueError(table)
    return Answer((f"{len(table)} vectors of {len(table[0])}",), tuple(value for row in table for value in row))


_RANKED = frozenset(
    {
        "text-classification",
        "fill-mask",
        "zero-shot-classification",
        "image-classification",
        "zero-shot-image-classification",
    }
)
_READERS: Mapping[str, Callable[[Any], Answer]] = {
    "text-classification": _ranked("label"),
    "token-classification": _entities,
    "fill-mask": _ranked("token_str"),
    "zero-shot-classification": _choice,
    "text-generation": _written("generated_text"),
    "feature-extraction": _vectors,
    "image-classification": _ranked("label"),
    "zero-shot-image-classification": _ranked("label"),
    "automatic-speech-recognition": _written("text"),
}


def _list_of_objects(output: Any, least: int = 1) -> Sequence[Mapping[str, Any]]:
    """Objects, alone or in lists: pipelines wrap the answer for one input now once, now not at all."""
    entries: Any = [output] if isinstance(output, dict) else output
    while isinstance(entries, list) and len(cast("list[Any]", entries)) == 1 and isinstance(entries[0], list):
        entries = entries[0]
    if not isinstance(entries, list) or len(cast("list[Any]", entries)) < least:
        raise TypeError(entries)
    if not all(isinstance(entry, dict) for entry in cast("list[Any]", entries)):
        raise TypeError(entries)
    return cast("list[Mapping[str, Any]]", entries)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(value)
    return float(value)
