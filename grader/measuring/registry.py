"""Finds the function that makes a measurement, remembers its result, and sorts its faults."""

import importlib
from collections.abc import Callable
from typing import Any

from grader.errors import GraderError, InternalFault
from grader.measuring.cache import cache_key, recall, remember
from grader.measuring.inputs import MeasuringInputs
from grader.model.lab import MeasurementSpec

#: A measuring function: declaration and inputs in, plain JSON data out.
Measure = Callable[[MeasurementSpec, MeasuringInputs], dict[str, Any]]

#: Module of each measuring function; a module is imported when its function is first asked for.
MEASURES: dict[str, str] = {
    "checkpoint": "grader.measuring.checkpoints",
    "classifier_accuracy": "grader.measuring.classifiers",
    "classifier_predictions": "grader.measuring.classifiers",
    "tokenizer_agreement": "grader.measuring.tokenizers",
    "distance_from_base": "grader.measuring.distance",
    "checkpoint_distances": "grader.measuring.distance",
    "adapter": "grader.measuring.lora",
    "adapter_accuracy": "grader.measuring.lora",
    "merge_equivalence": "grader.measuring.merging",
    "byte_accounting": "grader.measuring.memory",
    "training_memory": "grader.measuring.memory",
    "extrapolation": "grader.measuring.extrapolation",
    "pipeline_demos": "grader.measuring.pipelines",
    "processed_rows": "grader.measuring.processed",
    "processed_tokens": "grader.measuring.stored_tokens",
    "first_rows": "grader.measuring.stored_tokens",
    "tokenizing_speed": "grader.measuring.stored_tokens",
}

_TEXTS = ("split", "max_length")
_ROWS = ("folder", "rows", "labels", "garbled", "longest", "seed", "test_share")

#: Options that each measuring function reads; one that it does not know would be left unread without a word.
OPTIONS: dict[str, tuple[str, ...]] = {
    "checkpoint": (),
    "classifier_accuracy": _TEXTS,
    "classifier_predictions": _TEXTS,
    "tokenizer_agreement": ("split",),
    "distance_from_base": (),
    "checkpoint_distances": (),
    "adapter": (),
    "adapter_accuracy": _TEXTS,
    "merge_equivalence": _TEXTS,
    "byte_accounting": (),
    "training_memory": ("batch", "length"),
    "extrapolation": ("configs", "rank", "target_modules"),
    "pipeline_demos": ("rounds",),
    "processed_rows": _ROWS,
    "processed_tokens": ("folder", "rows", "sample", "max_length"),
    "first_rows": ("folder", "count"),
    "tokenizing_speed": ("folder", "sample", "max_length"),
}

#: Measures that can be made for many runs at once, with the module that does so.
TOGETHER: dict[str, str] = dict.fromkeys(
    ("classifier_accuracy", "classifier_predictions", "adapter_accuracy"), "grader.measuring.groups"
)


def key_of(spec: MeasurementSpec, inputs: MeasuringInputs) -> str:
    """Return the name under which a measurement is remembered, whether it is made alone or with others.

    Args:
        spec: what lab.toml declares, with the values of the run.
        inputs: the run's artifacts and what they are measured with.

    Raises:
        InternalFault: GR504, nobody makes it; GR510, an artifact is not as the manifest says.
    """
    if spec.measure not in MEASURES:
        raise InternalFault("GR504", f"lab.toml asks for the measurement {spec.measure!r}, which nobody makes.")
    return cache_key(spec, TOGETHER.get(spec.measure, MEASURES[spec.measure]), inputs)


def measure(spec: MeasurementSpec, inputs: MeasuringInputs) -> dict[str, Any]:
    """Make one measurement.

    Args:
        spec: what lab.toml declares.
        inputs: the run's artifacts and what they are measured with.

    Returns:
        Plain JSON data, as the function documents.

    Raises:
        SubmissionFault: GR314 to GR317, the student's files are at fault.
        InternalFault: GR504, we are; GR510, an artifact is not as the manifest says.
    """
    key = key_of(spec, inputs)
    known = recall(inputs.cache_dir, key)
    if known is not None:
        return known
    function: Measure = getattr(importlib.import_module(MEASURES[spec.measure]), spec.measure)
    try:
        value = function(spec, inputs)
    except GraderError:
        raise
    except Exception as exc:
        raise InternalFault("GR504", f"The measurement {spec.name} ({spec.measure}) broke: {exc!r}.") from exc
    remember(inputs.cache_dir, key, value)
    return value
