"""Loads models that are alike so that they can be evaluated at once: classifiers in a stack, adapters over one base.

Everything is read by the same readers as for one model: JSON and safetensors by allow-lists, nothing is executed.
"""

import hashlib
import json
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from grader.artifacts.safetensors_file import read_safetensors_header
from grader.errors import SubmissionFault
from grader.measuring.adapter_files import WEIGHTS as ADAPTER_WEIGHTS
from grader.measuring.asked import Asked
from grader.measuring.checkpoints import WEIGHTS, assembled, load_classifier
from grader.measuring.classifiers import MAX_LENGTH
from grader.measuring.configs import ClassifierConfig, read_config
from grader.measuring.inputs import MeasuringInputs
from grader.measuring.lora import Adapted, base_state, finite_tensors, merged, read_adapter
from grader.measuring.mixed_adapters import AdapterTensors, mix
from grader.measuring.sources import model_base, option, ours
from grader.measuring.together import Batch, Stack, all_at_once
from grader.measuring.tokenizers import SavedTokenizer, load_tokenizer
from grader.model.lab import MeasurementSpec

if TYPE_CHECKING:
    from torch import Tensor
    from torch.nn import Module

    from grader.measuring.together import Way

#: Measures that evaluate an adapter; all others of `grader.measuring.registry.TOGETHER` evaluate a classifier.
_OF_ADAPTERS = "adapter_accuracy"
#: Parts of tokenizer.json that do not count: they are set at every call.
_SET_BY_US = frozenset({"padding", "truncation"})


@dataclass(frozen=True)
class Gathered:
    """Models that were loaded to be evaluated at once."""

    members: tuple[int, ...]
    """Which of those that were given; the others cannot be loaded."""
    config: ClassifierConfig
    tokenizer: SavedTokenizer
    alone: "Way"
    """The first model, as it is evaluated alone."""
    at_once: "Way"
    """All models."""


def model_of(asked: Asked) -> Hashable:
    """Name the model that a measurement evaluates."""
    base = model_base(asked.spec, asked.inputs) if asked.spec.measure == _OF_ADAPTERS else None
    return asked.inputs.artifacts, asked.spec.artifacts[0], base


def texts_of(asked: Asked) -> tuple[Hashable, ...]:
    """Name the texts that a measurement reads, and how much of each."""
    spec = asked.spec
    data = spec.data[:1] or tuple(name for name in spec.bases if name.startswith("datasets/"))
    return data, option(spec, "split", "test"), option(spec, "max_length", MAX_LENGTH)


def likeness(asked: Asked) -> tuple[tuple[Hashable, ...], int]:
    """Return what models have in common that can be evaluated at once, and the bytes of one; no weight is read.

    Args:
        asked: a measurement of the model.

    Returns:
        Equal for models that can be evaluated at once; the bytes of a model's own weights in float32.

    Raises:
        SubmissionFault: GR314 to GR316, a file is missing or cannot be read.
    """
    root, folder = asked.inputs.artifacts, asked.spec.artifacts[0]
    if asked.spec.measure == _OF_ADAPTERS:
        found = read_adapter(asked.spec, asked.inputs)
        modules = tuple(sorted(found.names.a)), tuple(sorted(found.names.b)), tuple(sorted(found.names.saved))
        return ("adapters", model_base(asked.spec, asked.inputs), modules), 4 * found.header.count
    header = read_safetensors_header(root, f"{folder}/{WEIGHTS}")
    config = read_config(root, folder)
    parts = {name: part for name, part in load_tokenizer(root, folder).parts.items() if name not in _SET_BY_US}
    tokenizer = hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
    alike = config.family, tuple(sorted(config.fields.items())), config.num_labels, tokenizer
    return ("checkpoints", *alike), 4 * header.count


def gather(alike: Sequence[Asked], device: str) -> Gathered:
    """Load models that are alike; those that cannot be loaded are left out.

    Args:
        alike: one measurement of each model; all have the same `likeness`.
        device: `cpu` or `cuda`.

    Returns:
        The others, at least two.

    Raises:
        ValueError: fewer than two are left, or they do not fit one another after all.
        InternalFault: GR504, the base cannot be read.
    """
    adapters = alike[0].spec.measure == _OF_ADAPTERS
    return _adapters(alike, device) if adapters else _classifiers(alike, device)


def _classifiers(alike: Sequence[Asked], device: str) -> Gathered:
    states: dict[int, dict[str, Tensor]] = {}
    for number, asked in enumerate(alike):
        try:
            model, _ = load_classifier(asked.inputs.artifacts, asked.spec.artifacts[0])
        except SubmissionFault:
            continue  # its own judging will say it
        states[number] = {name: parameter.detach() for name, parameter in model.named_parameters()}
    members = _enough(states)
    first = alike[members[0]]
    root, folder = first.inputs.artifacts, first.spec.artifacts[0]
    alone, config = load_classifier(root, folder, device)
    stack = Stack(load_classifier(root, folder, device)[0], list(states.values()))
    return Gathered(
        members, config, load_tokenizer(root, folder), _forward(alone), lambda batch: all_at_once(stack, batch)
    )


def _adapters(alike: Sequence[Asked], device: str) -> Gathered:
    first = alike[0]
    found = read_adapter(first.spec, first.inputs)
    base = base_state(found, first.spec, first.inputs)
    with ours("the tokenizer of the base"):
        saved = load_tokenizer(model_base(first.spec, first.inputs), "")
    tensors: dict[int, AdapterTensors] = {}
    alone: Module | None = None
    mixed: Module | None = None
    for number, asked in enumerate(alike):
        try:
            own, state = _adapter(asked.spec, asked.inputs, base)
        except SubmissionFault:
            continue  # its own judging will say it
        tensors[number] = own
        if alone is None or mixed is None:
            alone = assembled(found.classifier, state, device)
            mixed = assembled(found.classifier, {**state, **base}, device)
    members = _enough(tensors)
    if alone is None or mixed is None:
        raise ValueError("no adapter was loaded")
    return Gathered(
        members, found.classifier, saved, _forward(alone), _mixed(mix(mixed, list(tensors.values())), len(members))
    )


def _adapter(
    spec: MeasurementSpec, inputs: MeasuringInputs, base: "dict[str, Tensor]"
) -> "tuple[AdapterTensors, dict[str, Tensor]]":
    """Return the tensors of an adapter by module, and the state of its classifier; raises what `merged_state` does."""
    found: Adapted = read_adapter(spec, inputs)
    tensors, names = finite_tensors(spec, inputs), found.names
    state = merged(found, tensors, base, f"{spec.artifacts[0]}/{ADAPTER_WEIGHTS}")
    heads = {name.rpartition(".")[0] for name in names.saved}
    return AdapterTensors(
        a={module: tensors[name].float() for module, name in names.a.items()},
        b={module: tensors[name].float() for module, name in names.b.items()},
        saved={module: (state[f"{module}.weight"], state.get(f"{module}.bias")) for module in heads},
        scaling=found.config.scaling,
    ), state


def _forward(model: "Module") -> "Way":
    return lambda batch: model(input_ids=batch.ids, attention_mask=batch.mask).logits


def _mixed(model: "Module", count: int) -> "Way":
    def forward(batch: Batch) -> "Tensor":
        ids, mask = batch.ids.repeat(count, 1), batch.mask.repeat(count, 1)
        return model(input_ids=ids, attention_mask=mask).logits.reshape(count, len(batch.ids), -1)

    return forward


def _enough(loaded: Mapping[int, object]) -> tuple[int, ...]:
    if len(loaded) < 2:
        raise ValueError("fewer than two could be loaded")
    return tuple(loaded)
