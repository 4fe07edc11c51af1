"""Measures a LoRA adapter: whether it fits its base and was trained, its quality, and its merged twin."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from grader.artifacts.safetensors_file import SafetensorsHeader
from grader.errors import InternalFault, SubmissionFault
from grader.measuring.adapter_files import (
    WEIGHTS,
    AdapterConfig,
    AdapterNames,
    linear_modules,
    read_adapter_config,
    read_adapter_header,
    sort_names,
    updates,
)
from grader.measuring.checkpoints import assembled, not_finite, read_tensors, shapes_of
from grader.measuring.classifiers import MAX_LENGTH, scores
from grader.measuring.configs import ClassifierConfig, read_config
from grader.measuring.distance import base_encoder
from grader.measuring.inference import logits_of
from grader.measuring.inputs import MeasuringInputs
from grader.measuring.sources import model_base, option, ours
from grader.measuring.texts import labelled_texts
from grader.measuring.tokenizers import load_tokenizer
from grader.model.lab import MeasurementSpec

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class Adapted:
    """An adapter beside the classifier that it was made for."""

    config: AdapterConfig
    header: SafetensorsHeader
    names: AdapterNames
    classifier: ClassifierConfig
    shapes: dict[str, tuple[int, ...]]
    """Of the base classifier's parameters."""

    @property
    def trainable(self) -> int:
        """Elements that the adapter's file holds as its own: A, B and the saved modules."""
        names = (*self.names.a.values(), *self.names.b.values(), *self.names.saved.values())
        return sum(self.header.tensors[name].count for name in names)

    @property
    def trainable_tensors(self) -> int:
        """Number of tensors among them."""
        return len(self.names.a) + len(self.names.b) + len(self.names.saved)


def adapter(spec: MeasurementSpec, inputs: MeasuringInputs) -> dict[str, Any]:
    """Measure whether a saved adapter fits its base and was trained.

    Args:
        spec: artifacts = [adapter folder], bases = [base model].
        inputs: the run's artifacts and the base.

    Returns:
        base_model, revision, r, alpha, target_modules (as in the file; from the tensors when the file has a pattern),
        unknown_targets (names that no linear layer of the base ends with), modules_to_save (modules whose parameters
        the file holds), missing (targeted modules of the base without matrices), misshaped, unexpected (tensor names),
        trainable (elements of A, B and saved modules), full (parameters of the base classifier), total (full +
        trainable: what a peft model counts, saved modules twice), share (trainable / total), times_fewer (full /
        trainable; 0 when the file trains nothing), zero_b (tensor names of B matrices that are all zero), finite.

    Raises:
        SubmissionFault: GR314 to GR316, the files are missing or cannot be read.
    """
    found = read_adapter(spec, inputs)
    tensors = read_tensors(inputs.artifacts, f"{spec.artifacts[0]}/{WEIGHTS}")
    layers = linear_modules(found.shapes)
    targets = found.config.target_modules or tuple(sorted({_last(module) for module in found.names.a}))
    hit = {module for module in layers for target in targets if _matches(module, target)}
    full = sum(_count(shape) for shape in found.shapes.values())
    return {
        "base_model": found.config.base_model,
        "revision": found.config.revision,
        "r": found.config.r,
        "alpha": found.config.alpha,
        "target_modules": list(targets),
        "unknown_targets": [name for name in targets if not any(_matches(module, name) for module in layers)],
        "modules_to_save": sorted({name.rpartition(".")[0] for name in found.names.saved}),
        "missing": sorted(module for module in hit if module not in found.names.a or module not in found.names.b),
        "misshaped": _misshaped(found),
        "unexpected": list(found.names.unexpected),
        "trainable": found.trainable,
        "full": full,
        "total": full + found.trainable,
        "share": found.trainable / (full + found.trainable),
        "times_fewer": full / found.trainable if found.trainable else 0.0,
        "zero_b": [name for name in found.names.b.values() if not tensors[name].any()],
        "finite": not not_finite(tensors),
    }


def adapter_accuracy(spec: MeasurementSpec, inputs: MeasuringInputs) -> dict[str, Any]:
    """Measure base plus adapter on labelled texts, with the base's tokenizer.

    Args:
        spec: artifacts = [adapter folder]; bases = [base model]; data or bases with `datasets/...`, options split and
            max_length as for `classifier_accuracy`.
        inputs: the run's artifacts, the base and the data.

    Returns:
        As `grader.measuring.classifiers.scores`.

    Raises:
        SubmissionFault: GR314 to GR317, the files are missing, damaged, do not fit or are not finite.
    """
    found = read_adapter(spec, inputs)
    state = merged_state(found, spec, inputs)
    texts = labelled_texts(spec, inputs)
    with ours("the tokenizer of the base"):
        saved = load_tokenizer(model_base(spec, inputs), "")
    model = assembled(found.classifier, state, inputs.device)
    length = option(spec, "max_length", MAX_LENGTH)
    return scores(logits_of(model, found.classifier, saved, texts.texts, length, cache_dir=inputs.cache_dir), texts)


def read_adapter(spec: MeasurementSpec, inputs: MeasuringInputs) -> Adapted:
    """Read the adapter of a measurement and the configuration of its base.

    Args:
        spec: artifacts[0] is the adapter's folder; the first model among the bases is its base.
        inputs: where these are.

    Returns:
        The adapter; no weight is loaded.

    Raises:
        SubmissionFault: GR314 to GR316, the files are missing or cannot be read.
    """
    folder = spec.artifacts[0]
    config = read_adapter_config(inputs.artifacts, folder)
    header = read_adapter_header(inputs.artifacts, folder)
    base = model_base(spec, inputs)
    with ours("the configuration of the base"):
        classifier = read_config(base, "", classifier=False)
    shapes = shapes_of(classifier)
    return Adapted(config, header, sort_names(header, shapes), classifier, shapes)


def merged_state(found: Adapted, spec: MeasurementSpec, inputs: MeasuringInputs) -> "dict[str, Tensor]":
    """Return the state of the classifier that base and adapter make together: W + scaling · B A, in float32.

    Args:
        found: the adapter.
        spec: its measurement.
        inputs: where the base is.

    Returns:
        Every tensor of the classifier, by name.

    Raises:
        SubmissionFault: GR315, matrices do not fit or the head is not in the file; GR317, a weight is not finite.
    """
    tensors = finite_tensors(spec, inputs)
    return merged(found, tensors, base_state(found, spec, inputs), f"{spec.artifacts[0]}/{WEIGHTS}")


def finite_tensors(spec: MeasurementSpec, inputs: MeasuringInputs) -> "dict[str, Tensor]":
    """Load the tensors of an adapter.

    Raises:
        SubmissionFault: GR314 to GR316, the file cannot be read; GR317, a weight is not finite.
    """
    name = f"{spec.artifacts[0]}/{WEIGHTS}"
    tensors = read_tensors(inputs.artifacts, name)
    if broken := not_finite(tensors):
        raise SubmissionFault("GR317", f"{name} holds NaN or infinity, for example in {broken[0]}.")
    return tensors


def merged(
    found: Adapted, tensors: "Mapping[str, Tensor]", base: "Mapping[str, Tensor]", name: str
) -> "dict[str, Tensor]":
    """Add an adapter to its base.

    Args:
        found: the adapter.
        tensors: of its file.
        base: from `base_state`; not changed.
        name: of the adapter's file, for messages.

    Returns:
        As `merged_state`.

    Raises:
        SubmissionFault: GR315, matrices do not fit or the head is not in the file.
    """
    state = dict(base)
    for parameter, update in updates(tensors, found.names, found.config.scaling, found.shapes).items():
        state[parameter] = (state[parameter].double() + update).float()
    for parameter, stored in found.names.saved.items():
        if tuple(tensors[stored].shape) != found.shapes[parameter]:
            raise SubmissionFault("GR315", f"{name}: the tensor {stored} does not have the shape of the base's.")
        state[parameter] = tensors[stored].float()
    absent = sorted(found.shapes.keys() - state.keys())
    if absent:
        hint = 'Give `LoraConfig` `task_type="SEQ_CLS"`, so that the trained head is saved with the adapter.'
        raise SubmissionFault("GR315", f"{name} does not hold the trained head: {absent[0]} is not there.", hint)
    return state


def base_state(found: Adapted, spec: MeasurementSpec, inputs: MeasuringInputs) -> "dict[str, Tensor]":
    """Return the tensors that the classifier takes from its base: the encoder, by the classifier's names.

    Raises:
        InternalFault: GR504, the base lacks one.
    """
    prefix = f"{found.classifier.family}."
    tensors = {f"{prefix}{name}": tensor.float() for name, tensor in base_encoder(model_base(spec, inputs)).items()}
    state = {name: tensor for name, tensor in tensors.items() if name in found.shapes}
    lost = [name for name, shape in found.shapes.items() if name.startswith(prefix) and _shape(state, name) != shape]
    if lost:
        raise InternalFault("GR504", f"The base has no tensor {lost[0]} of the shape that its configuration says.")
    return state


def _shape(state: "dict[str, Tensor]", name: str) -> tuple[int, ...] | None:
    return tuple(state[name].shape) if name in state else None


def _misshaped(found: Adapted) -> list[str]:
    """Names of tensors whose shape does not follow from the rank and the base: A is (r, in), B is (out, r)."""
    expected: dict[str, tuple[int, ...]] = {stored: found.shapes[name] for name, stored in found.names.saved.items()}
    for module, stored in found.names.a.items():
        expected[stored] = (found.config.r, *found.shapes[f"{module}.weight"][1:])
    for module, stored in found.names.b.items():
        expected[stored] = (found.shapes[f"{module}.weight"][0], found.config.r)
    return sorted(name for name, shape in expected.items() if found.header.tensors[name].shape != shape)


def _matches(module: str, target: str) -> bool:
    return module == target or module.endswith(f".{target}")


def _last(module: str) -> str:
    return module.rpartition(".")[2]


def _count(shape: tuple[int, ...]) -> int:
    count = 1
    for size in shape:
        count *= size
    return count
