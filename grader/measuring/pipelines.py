"""Runs pipelines over the files of the lab's own Hub, to see what a demo should have answered and how fast it is.

Of the student's there is only data here: a task and options of a fixed list, inputs within bounds, the id of a model
that the lab's Hub holds. No code of a repository is run, and no weights are read but safetensors.
"""

import functools
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, cast

from grader.artifacts.json_file import read_json_file
from grader.errors import InternalFault, SubmissionFault
from grader.measuring.inputs import MeasuringInputs
from grader.measuring.pipeline_answers import Answer, answer_of
from grader.measuring.pipeline_tasks import (
    LARGEST_SAMPLE,
    PICTURE,
    SOUND,
    TASKS,
    Task,
    Unusable,
    check_inputs,
    check_options,
    known_task,
)
from grader.measuring.sources import DATASET_PREFIX, option
from grader.model.lab import MeasurementSpec

MOST_DEMOS = 12
#: Timed calls of one demo.
ROUNDS = 5
#: Texts whose batches are timed, and the sizes of the batches.
BATCH_TEXTS = 32
BATCH_SIZES = (1, 8, 32)
#: An input of each kind that every model takes: where it fails, the fault is ours.
_PLAIN: dict[str, Any] = {
    "text": "a film",
    "picture": [[[10 * row, 5 * column, 90] for column in range(24)] for row in range(24)],
    "sound": [100 * (at % 50) for at in range(8_000)],
}


def pipeline_demos(spec: MeasurementSpec, inputs: MeasuringInputs) -> dict[str, Any]:
    """Answer the stated inputs of every demo, and time the calls.

    Args:
        spec: one artifact, the JSON file with `demos`; `bases` are the models that the lab's Hub holds.
        inputs: the run.

    Returns:
        `demos`: for each, in order, `task` (no alias; "" when it is none of ours), `model_id`, `problem` (why it is not
        run; "" when it is), `answers` (texts and numbers of each input) and `p50_ms` of one call with one input, in CPU
        time where the CPU computes.
        `batches`: for a demo of text-classification, seconds for the same texts at each size of batch.

    Raises:
        SubmissionFault: GR314, GR315: the file is missing or has no list of demos.
    """
    name = spec.artifacts[0]
    content = read_json_file(inputs.artifacts, name)
    entries: Any = cast("dict[str, Any]", content).get("demos") if isinstance(content, dict) else None
    if not isinstance(entries, list) or len(cast("list[Any]", entries)) > MOST_DEMOS:
        raise SubmissionFault("GR315", f"{name} has no list `demos` of at most {MOST_DEMOS} entries.")
    models = {model: inputs.bases[model] for model in spec.bases if not model.startswith(DATASET_PREFIX)}
    rounds = option(spec, "rounds", ROUNDS)
    found = [_measure(entry, models, inputs.device, rounds) for entry in cast("list[Any]", entries)]
    return {"demos": found, "batches": _batches(found, models, inputs.device)}


def answers(
    task: Task, folder: Path, options: dict[str, Any], inputs: Sequence[Any], *, device: str, pipe: Any = None
) -> list[Answer]:
    """Answer inputs with the pipeline of a model, one at a time.

    Args:
        task: the task.
        folder: the model's files.
        options: from `check_options`.
        inputs: from `check_inputs`, or made by us.
        device: `cpu` or `cuda`.
        pipe: another pipeline to ask, such as one with a changed part.

    Returns:
        One answer for each input.

    Raises:
        Unusable: the model cannot take an input.
        InternalFault: GR504, it cannot take an ordinary one either.
    """
    pipe = pipe or load(task.name, folder, device)
    found: list[Answer] = []
    for number, entry in enumerate(inputs, 1):
        try:
            found.append(answer_of(task.name, call(task, pipe, options, entry)))
        except Exception as exc:
            _blame_us(task, folder, options, device)
            raise Unusable(f"the model cannot take input {number}: {type(exc).__name__}: {str(exc)[:200]}") from exc
    return found


def call(task: Task, pipe: Any, options: dict[str, Any], entry: Any) -> Any:
    """Call a pipeline with one input as it is stated in a demo.

    Args:
        task: the task.
        pipe: the pipeline.
        options: arguments of the call.
        entry: a text, the pixels of a picture, or the samples of a sound.

    Returns:
        What it returns, as plain data.
    """
    more = {"truncation": True} if task.name == "text-classification" else {}
    return plain(pipe(_prepared(task, entry), **{**options, **more}))


@functools.lru_cache(maxsize=32)
def load(task: str, folder: Path, device: str) -> Any:
    """Return the pipeline of a task and a model, built once in a process.

    Args:
        task: its name, no alias.
        folder: the model's files.
        device: `cpu` or `cuda`.

    Returns:
        The pipeline, in evaluation mode.

    Raises:
        InternalFault: GR504, it cannot be built: the model is one of our own.
    """
    from transformers import pipeline
    from transformers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    build = cast("Callable[..., Any]", pipeline)
    try:
        return build(
            task,
            model=str(folder),
            device=device,
            trust_remote_code=False,
            model_kwargs={"use_safetensors": True},
        )
    except Exception as exc:
        raise InternalFault("GR504", f"The pipeline {task} of {folder.parent.name} cannot be built: {exc!r}.") from exc


def plain(value: Any) -> Any:
    """Return what a pipeline returned as plain lists, dictionaries, numbers and texts."""
    if isinstance(value, dict):
        return {str(key): plain(inner) for key, inner in cast("dict[Any, Any]", value).items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in cast("list[Any]", value)]
    return value.tolist() if hasattr(value, "tolist") else value


def _measure(entry: Any, models: dict[str, Path], device: str, rounds: int) -> dict[str, Any]:
    result: dict[str, Any] = {"task": "", "model_id": "", "problem": "", "answers": [], "p50_ms": 0.0}
    try:
        if not isinstance(entry, dict):
            raise Unusable("it is no object with names and values")
        demo = cast("dict[str, Any]", entry)
        task = known_task(demo.get("task"))
        result["task"] = task.name
        model = demo.get("model_id")
        if not isinstance(model, str) or model not in models:
            raise Unusable(f"the model {str(model)[:80]!r} is none that the lab's Hub holds")
        result["model_id"] = model
        options = check_options(task, demo.get("kwargs", {}))
        stated = check_inputs(task, demo.get("inputs"))
        found = answers(task, models[model], options, stated, device=device)
        result["answers"] = [answer.plain() for answer in found]
        result["p50_ms"] = _median_ms(task, load(task.name, models[model], device), options, stated[0], rounds)
    except Unusable as exc:
        result["problem"] = str(exc)
    return result


def _median_ms(task: Task, pipe: Any, options: dict[str, Any], entry: Any, rounds: int) -> float:
    """The median time of a call; the answers were computed before, so the first call is no warm-up."""
    clock = _clock(pipe)
    seconds: list[float] = []
    for _ in range(rounds):
        started = clock()
        call(task, pipe, options, entry)
        seconds.append(clock() - started)
    return round(1_000 * statistics.median(seconds), 3)


def _batches(found: list[dict[str, Any]], models: dict[str, Path], device: str) -> dict[str, list[float]]:
    """The best of three times for each size of batch, over texts of ours of different lengths."""
    task = TASKS["text-classification"]
    usable = [demo for demo in found if demo["task"] == task.name and not demo["problem"]]
    if not usable:
        return {"sizes": [], "seconds": []}
    pipe = load(task.name, models[usable[0]["model_id"]], device)
    texts = [" and ".join(["the plot was superb"] * (1 + at % 4)) for at in range(BATCH_TEXTS)]
    seconds = [min(_seconds(pipe, texts, size) for _ in range(3)) for size in BATCH_SIZES]
    return {"sizes": list(BATCH_SIZES), "seconds": seconds}


def _seconds(pipe: Any, texts: list[str], size: int) -> float:
    clock = _clock(pipe)
    started = clock()
    pipe(texts, batch_size=size)
    return round(clock() - started, 6)


def _clock(pipe: Any) -> Callable[[], float]:
    """CPU time, which a busy machine does not stretch; the time of day where another device computes."""
    return time.process_time if pipe.device.type == "cpu" else time.perf_counter


def _prepared(task: Task, entry: Any) -> Any:
    """An input as the pipeline takes it."""
    if task.kind == PICTURE:
        import numpy as np
        from PIL import Image

        return Image.fromarray(np.array(entry, dtype=np.uint8))
    if task.kind == SOUND:
        import numpy as np

        return np.array(entry, dtype=np.float32) / LARGEST_SAMPLE
    return entry


def _blame_us(task: Task, folder: Path, options: dict[str, Any], device: str) -> None:
    """Raise when the pipeline fails on an ordinary input as well: then the student's input is not the reason."""
    pipe = load(task.name, folder, device)
    entry = f"a {pipe.tokenizer.mask_token} film" if task.name == "fill-mask" else _PLAIN[task.kind]
    try:
        answer_of(task.name, call(task, pipe, options, entry))
    except Exception as exc:
        raise InternalFault("GR504", f"The pipeline {task.name} of {folder.parent.name} fails: {exc!r}.") from exc
