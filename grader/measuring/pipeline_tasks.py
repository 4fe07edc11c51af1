"""What a pipeline demo may state: tasks, options and inputs, each within bounds that end a call soon."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

#: Names that transformers takes for a task, and the name under which we know it.
ALIASES: Mapping[str, str] = {
    "sentiment-analysis": "text-classification",
    "ner": "token-classification",
    "vqa": "visual-question-answering",
}
#: Pipelines that transformers 5 has no longer.
REMOVED = frozenset(
    {
        "question-answering",
        "summarization",
        "translation",
        "text2text-generation",
        "image-to-text",
        "visual-question-answering",
    }
)
#: Kinds of input: `Task.kind` is one of them.
TEXT, PICTURE, SOUND = "text", "picture", "sound"
MOST_INPUTS = 16
#: Longest text that a demo may give to a model.
MOST_CHARACTERS = 20_000
MOST_PIXELS = 256
"""Of a side of a picture."""
MOST_SAMPLES = 160_000
"""Ten seconds at `SAMPLING_RATE`."""
SAMPLING_RATE = 16_000
LARGEST_SAMPLE = 32_767

Rule = Callable[[Any], str]
"""Returns what is needed instead; nothing when the value is fine."""


class Unusable(Exception):
    """A demo states something that is not run; the text says what, for the student."""


@dataclass(frozen=True)
class Task:
    """One task of `pipeline()` that can be demonstrated."""

    name: str
    kind: str
    """What it is shown: text, picture or sound."""
    options: Mapping[str, Rule]
    """Arguments of the call that a demo may state."""
    needs: tuple[str, ...] = ()
    """Arguments without which the call means nothing."""


def _whole(low: int, high: int) -> Rule:
    def rule(value: Any) -> str:
        fits = isinstance(value, int) and not isinstance(value, bool) and low <= value <= high
        return "" if fits else f"a whole number from {low} to {high}"

    return rule


def _one_of(*allowed: Any) -> Rule:
    def rule(value: Any) -> str:
        fits = any(value is one or (isinstance(one, str) and value == one) for one in allowed)
        return "" if fits else " or ".join(repr(one) for one in allowed)

    return rule


def _labels(value: Any) -> str:
    entries = cast("list[Any]", value) if isinstance(value, list) else []
    fits = 2 <= len(entries) <= 20 and all(isinstance(one, str) and 0 < len(one) <= 100 for one in entries)
    return "" if fits and len(set(entries)) == len(entries) else "a list of 2 to 20 different short texts"


def _template(value: Any) -> str:
    fits = isinstance(value, str) and len(value) <= 200 and value.count("{}") == 1 and value.count("{") == 1
    return "" if fits else "a text with {} where the label goes"


_YES_NO = _one_of(True, False)
_CHOICE: Mapping[str, Rule] = {"candidate_labels": _labels, "hypothesis_template": _template}

#: Every task by name.
TASKS: Mapping[str, Task] = {
    task.name: task
    for task in (
        Task("text-classification", TEXT, {"top_k": _whole(1, 20), "truncation": _YES_NO}),
        Task(
            "token-classification",
            TEXT,
            {"aggregation_strategy": _one_of("simple", "first", "average", "max")},
            ("aggregation_strategy",),
        ),
        Task("fill-mask", TEXT, {"top_k": _whole(1, 20)}),
        Task("zero-shot-classification", TEXT, {**_CHOICE, "multi_label": _YES_NO}, ("candidate_labels",)),
        Task(
            "text-generation",
            TEXT,
            {"max_new_tokens": _whole(1, 64), "do_sample": _one_of(False), "return_full_text": _YES_NO},
            ("max_new_tokens", "do_sample"),
        ),
        Task("feature-extraction", TEXT, {}),
        Task("image-classification", PICTURE, {"top_k": _whole(1, 20)}),
        Task("zero-shot-image-classification", PICTURE, _CHOICE, ("candidate_labels",)),
        Task("automatic-speech-recognition", SOUND, {}),
    )
}


def known_task(name: Any) -> Task:
    """Return a task by its name or an alias of it.

    Raises:
        Unusable: it is none that can be demonstrated.
    """
    task = TASKS.get(ALIASES.get(name, name)) if isinstance(name, str) else None
    if task is None:
        gone = isinstance(name, str) and ALIASES.get(name, name) in REMOVED
        why = "transformers 5 has no such pipeline any more" if gone else "it is none of the lab's tasks"
        raise Unusable(f"the task {str(name)[:60]!r}: {why}")
    return task


def check_options(task: Task, options: Any) -> dict[str, Any]:
    """Return the arguments of a demo's call.

    Args:
        task: the task.
        options: what the demo states as `kwargs`; `batch_size` is accepted and left out, for it changes no answer.

    Returns:
        The arguments by name.

    Raises:
        Unusable: an argument is not offered, has no suitable value, or is missing.
    """
    if not isinstance(options, dict):
        raise Unusable("its kwargs are no object with names and values")
    stated = {name: value for name, value in cast("dict[str, Any]", options).items() if name != "batch_size"}
    for name, value in stated.items():
        if name not in task.options:
            offered = ", ".join(task.options) or "none"
            raise Unusable(f"the argument {name[:40]!r} is not offered for {task.name} (offered: {offered})")
        wanted = task.options[name](value)
        if wanted:
            raise Unusable(f"the argument {name} is {str(value)[:60]!r}; {wanted} is needed")
    missing = [name for name in task.needs if name not in stated]
    if missing:
        raise Unusable(f"the argument {missing[0]} is missing; {task.name} needs it")
    return stated


def check_inputs(task: Task, inputs: Any) -> list[Any]:
    """Return the inputs of a demo as they are stated.

    Raises:
        Unusable: there are none or too many, or one is not of the task's kind or too large.
    """
    entries = cast("list[Any]", inputs) if isinstance(inputs, list) else []
    if not 1 <= len(entries) <= MOST_INPUTS:
        raise Unusable(f"its inputs are no list of 1 to {MOST_INPUTS} entries")
    for number, entry in enumerate(entries, 1):
        if not _CHECKS[task.kind](entry):
            raise Unusable(f"input {number} is no {_WORDS[task.kind]}")
    return entries


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= MOST_CHARACTERS


def _is_picture(value: Any) -> bool:
    """Rows of pixels of three whole numbers from 0 to 255, all rows of one length."""
    rows = cast("list[Any]", value) if isinstance(value, list) else []
    if not 1 <= len(rows) <= MOST_PIXELS or not all(isinstance(row, list) for row in rows):
        return False
    width = len(rows[0])
    return 1 <= width <= MOST_PIXELS and all(len(row) == width and all(map(_is_pixel, row)) for row in rows)


def _is_pixel(value: Any) -> bool:
    parts = cast("list[Any]", value) if isinstance(value, list) else []
    return len(parts) == 3 and all(type(part) is int and 0 <= part <= 255 for part in parts)


def _is_sound(value: Any) -> bool:
    samples = cast("list[Any]", value) if isinstance(value, list) else []
    return 400 <= len(samples) <= MOST_SAMPLES and all(
        type(sample) is int and abs(sample) <= LARGEST_SAMPLE + 1 for sample in samples
    )


_CHECKS: Mapping[str, Callable[[Any], bool]] = {TEXT: _is_text, PICTURE: _is_picture, SOUND: _is_sound}
_WORDS: Mapping[str, str] = {
    TEXT: f"text of 1 to {MOST_CHARACTERS:,} characters",
    PICTURE: f"picture: rows of [red, green, blue], 0 to 255, at most {MOST_PIXELS} a side",
    SOUND: f"sound: 400 to {MOST_SAMPLES:,} whole numbers of 16 bits",
}
