"""Reads the demos of lab 2.5.2 and what `run_demo` returned, and answers the same inputs with the lab's own models."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader.checking.api import CheckFailure
from grader.checking.api.pipelines import Answer, NoAnswer, Task, agree, answer_of, check_options, known_task

#: Demos that the lab asks for.
WANTED = 5


@dataclass(frozen=True)
class Demo:
    """One demo of the student's that can be run, and what we measured of it."""

    number: int
    """Its place in demos.json, from 1."""
    task: Task
    model: str
    folder: Path
    options: dict[str, Any]
    entry: dict[str, Any]
    """As it is in demos.json."""
    answers: tuple[Answer, ...]
    """What the model answers to the stated inputs."""
    p50_ms: float

    @property
    def generator(self) -> str:
        """Name of the generator of fresh inputs."""
        return self.task.name.replace("-", "_")


def entries(artifacts) -> list[dict[str, Any]]:
    """The demos as they are in the file."""
    return artifacts.fits_schema("demos.json").plain()["demos"]


def demos_of(artifacts, measured, bases) -> list[Demo]:
    """The demos that can be run, the first of each task."""
    found: dict[str, Demo] = {}
    for number, (entry, seen) in enumerate(zip(entries(artifacts), measured.demos["demos"], strict=True), 1):
        if seen["problem"] or seen["task"] in found:
            continue
        task = known_task(entry["task"])
        found[task.name] = Demo(
            number=number,
            task=task,
            model=seen["model_id"],
            folder=bases[seen["model_id"]],
            options=check_options(task, entry["kwargs"]),
            entry=entry,
            answers=tuple(Answer(tuple(texts), tuple(numbers)) for texts, numbers in seen["answers"]),
            p50_ms=seen["p50_ms"],
        )
    return list(found.values())


def tolerance(run, limits) -> float:
    """The largest difference of two scores of the same model and input, on this kind of device."""
    return limits["scores"]["cpu" if run.device == "cpu" else "gpu"]


def read(task: Task, outputs: Any, count: int) -> list[Answer | None]:
    """The answers in a list of outputs, None for what is none.

    Raises:
        CheckFailure: there is not one output for each input.
    """
    if not isinstance(outputs, list) or len(outputs) != count:
        what = f"{len(outputs)} outputs" if isinstance(outputs, list) else "no list"
        raise CheckFailure(f"{task.name}: {what} for {count} inputs.", "Return one entry for each input, in order.")
    return [_answer(task, output) for output in outputs]


def count_right(task: Task, theirs, ours, allowed: float) -> int:
    """How many answers agree, each with the one at its place."""
    return sum(
        one is not None and agree(task.name, one, other, allowed) for one, other in zip(theirs, ours, strict=True)
    )


def returned(call) -> Any:
    """What a probe returned, as plain data.

    Raises:
        CheckFailure: it gave no answer; the sentence says why.
    """
    _ = call.output  # tells failures in the student's words
    return _decoded(call.made.output)


def _answer(task: Task, output: Any) -> Answer | None:
    try:
        return answer_of(task.name, output)
    except NoAnswer:
        return None


def _decoded(value: Any) -> Any:
    """Plain data of what the harness wrote: a tensor of one value is a number, any other a list."""
    if isinstance(value, list):
        return [_decoded(entry) for entry in value]
    if not isinstance(value, dict):
        return value
    if "$float" in value:
        return float(value["$float"])
    if "$tensor" in value:
        content = value["$tensor"]
        return _shaped([float(number) for number in content["values"]], content["shape"])
    return {key: _decoded(entry) for key, entry in value.items()}


def _shaped(values: list[float], shape: list[int]) -> Any:
    if not shape:
        return values[0] if values else None
    size = len(values) // shape[0] if shape[0] else 0
    return [_shaped(values[at * size : (at + 1) * size], shape[1:]) for at in range(shape[0])]
