"""Loads a classifier from config.json and safetensors alone, and measures whether the two fit together."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grader.artifacts.locate import find_file, find_folder, pickles
from grader.artifacts.safetensors_file import SafetensorsHeader, read_safetensors_header
from grader.errors import InternalFault, SubmissionFault
from grader.measuring.configs import ClassifierConfig, read_config
from grader.measuring.inputs import MeasuringInputs
from grader.model.lab import MeasurementSpec

if TYPE_CHECKING:
    from torch import Tensor
    from torch.nn import Module

#: The one file of weights that a model folder holds.
WEIGHTS = "model.safetensors"


@dataclass(frozen=True)
class Fit:
    """How the tensors of a file fit a model, by name."""

    missing: tuple[str, ...]
    unexpected: tuple[str, ...]
    misshaped: tuple[str, ...]

    @property
    def good(self) -> bool:
        """Whether nothing is missing, superfluous or of another shape."""
        return not (self.missing or self.unexpected or self.misshaped)


def checkpoint(spec: MeasurementSpec, inputs: MeasuringInputs) -> dict[str, Any]:
    """Measure whether the saved model is whole.

    Args:
        spec: artifacts = [model folder].
        inputs: the run's artifacts.

    Returns:
        architecture, parameters (elements in the file), dtypes {name of dtype: number of tensors}, num_labels,
        id2label {number as text: name}, finite (no NaN and no infinity in any weight), missing, unexpected and
        misshaped (tensor names against the configuration), pickles (file names).

    Raises:
        SubmissionFault: GR314, a file is missing; GR315, one cannot be read; GR316, the weights are a pickle.
    """
    folder = spec.artifacts[0]
    place = find_folder(inputs.artifacts, folder)
    header = read_safetensors_header(inputs.artifacts, f"{folder}/{WEIGHTS}")
    config = read_config(inputs.artifacts, folder)
    found = fit(header, shapes_of(config))
    kinds = [tensor.dtype for tensor in header.tensors.values()]
    return {
        "architecture": config.architecture,
        "parameters": header.count,
        "dtypes": {kind: kinds.count(kind) for kind in sorted(set(kinds))},
        "num_labels": config.num_labels,
        "id2label": {str(number): label for number, label in config.id2label.items()},
        "finite": not not_finite(read_tensors(inputs.artifacts, f"{folder}/{WEIGHTS}")),
        "missing": list(found.missing),
        "unexpected": list(found.unexpected),
        "misshaped": list(found.misshaped),
        "pickles": list(pickles(place)),
    }


def fit(header: SafetensorsHeader, shapes: Mapping[str, tuple[int, ...]]) -> Fit:
    """Compare the tensors of a file with those of a model.

    Args:
        header: the file's header.
        shapes: shape by name, as the model has them.

    Returns:
        The differences, each sorted by name.
    """
    found = header.shapes
    return Fit(
        missing=tuple(sorted(shapes.keys() - found.keys())),
        unexpected=tuple(sorted(found.keys() - shapes.keys())),
        misshaped=tuple(sorted(name for name in found.keys() & shapes.keys() if found[name] != shapes[name])),
    )


def shapes_of(config: ClassifierConfig) -> dict[str, tuple[int, ...]]:
    """Return name and shape of every tensor that a classifier of this configuration saves; nothing is allocated."""
    return {name: tuple(tensor.shape) for name, tensor in skeleton(config).state_dict().items()}


def skeleton(config: ClassifierConfig) -> "Module":
    """Build the classifier on the meta device, where a tensor has a shape and no memory.

    Args:
        config: what was read from config.json.

    Returns:
        The library's own class, built from our fields alone.
    """
    import torch

    with torch.device("meta"):
        return build(config)


def build(config: ClassifierConfig) -> "Module":
    """Build the classifier on the current default device, with fresh weights."""
    arguments: dict[str, Any] = {**config.fields, "id2label": config.id2label}
    arguments["label2id"] = {label: number for number, label in config.id2label.items()}
    if config.family == "bert":
        from transformers.models.bert.configuration_bert import BertConfig
        from transformers.models.bert.modeling_bert import BertForSequenceClassification

        return BertForSequenceClassification(BertConfig(**arguments))
    from transformers.models.distilbert.configuration_distilbert import DistilBertConfig
    from transformers.models.distilbert.modeling_distilbert import DistilBertForSequenceClassification

    return DistilBertForSequenceClassification(DistilBertConfig(**arguments))


def read_tensors(root: Path, name: str) -> "dict[str, Tensor]":
    """Load the tensors of a safetensors file.

    Args:
        root: the folder of collected artifacts, or of a base.
        name: POSIX path below it.

    Returns:
        Tensors by name, in the dtype of the file, on the CPU.

    Raises:
        SubmissionFault: GR314, GR315 or GR316, as `read_safetensors_header`.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    read_safetensors_header(root, name)
    try:
        return load_file(find_file(root, name))
    except (SafetensorError, KeyError) as exc:
        raise SubmissionFault("GR315", f"{name} cannot be read: {exc}.") from exc


def not_finite(tensors: "Mapping[str, Tensor]") -> tuple[str, ...]:
    """Return the names of the tensors that hold a NaN or an infinity, sorted."""
    import torch

    return tuple(
        sorted(
            name
            for name, tensor in tensors.items()
            if tensor.is_floating_point() and not torch.isfinite(_askable(tensor)).all()
        )
    )


def _askable(tensor: "Tensor") -> "Tensor":
    """The library cannot ask every type of eight bits whether it is finite."""
    return tensor.float() if tensor.element_size() == 1 else tensor


def load_classifier(root: Path, folder: str, device: str = "cpu") -> "tuple[Module, ClassifierConfig]":
    """Load a saved classifier for inference, in float32.

    Args:
        root: the folder of collected artifacts.
        folder: POSIX path of the model folder below it.
        device: `cpu` or `cuda`.

    Returns:
        The model in evaluation mode, and its configuration.

    Raises:
        SubmissionFault: GR314 to GR316, the files cannot be read or do not fit; GR317, a weight is not finite.
    """
    name = f"{folder}/{WEIGHTS}"
    find_folder(root, folder)
    header = read_safetensors_header(root, name)
    config = read_config(root, folder)
    found = fit(header, shapes_of(config))
    if not found.good:
        example = (*found.misshaped, *found.missing, *found.unexpected)[0]
        raise SubmissionFault("GR315", f"{name} does not fit {folder}/config.json, for example the tensor {example}.")
    tensors = read_tensors(root, name)
    if broken := not_finite(tensors):
        raise SubmissionFault("GR317", f"{name} holds NaN or infinity, for example in {broken[0]}.")
    return assembled(config, tensors, device), config


def assembled(config: ClassifierConfig, tensors: "Mapping[str, Tensor]", device: str = "cpu") -> "Module":
    """Put tensors that fit into a skeleton.

    Args:
        config: the configuration.
        tensors: every tensor of its state, by name.
        device: `cpu` or `cuda`.

    Returns:
        The model in evaluation mode, in float32.
    """
    model = skeleton(config)
    model.load_state_dict({name: tensor.float() for name, tensor in tensors.items()}, strict=True, assign=True)
    fill_buffers(model)
    return model.to(device).eval()


def fill_buffers(model: "Module") -> None:
    """Give the buffers that no file holds their values: positions count up, token types are zero."""
    import torch

    for name, buffer in list(model.named_buffers()):
        owner, _, leaf = name.rpartition(".")
        if leaf not in {"position_ids", "token_type_ids"}:
            raise InternalFault("GR504", f"The library has a buffer {name} that we do not know.")
        value = torch.zeros(buffer.shape, dtype=torch.long)
        if leaf == "position_ids":
            value += torch.arange(buffer.shape[-1])
        setattr(model.get_submodule(owner), leaf, value)
