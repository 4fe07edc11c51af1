"""Measures how far a saved model, or a checkpoint of its training, has moved from the base."""

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grader.artifacts.locate import exists, find_folder
from grader.errors import SubmissionFault
from grader.measuring.checkpoints import WEIGHTS, not_finite, read_tensors
from grader.measuring.inputs import MeasuringInputs
from grader.measuring.sources import model_base, ours
from grader.model.lab import MeasurementSpec

if TYPE_CHECKING:
    from torch import Tensor

#: Names of the encoder within the models of its family.
PREFIXES = ("distilbert.", "bert.")
#: Relative distance below which weights count as untouched: storing them as float16 moves them by 0.0002.
UNTOUCHED = 1e-3
#: A training keeps two or three; more are not read.
MOST_CHECKPOINTS = 8


def distance_from_base(spec: MeasurementSpec, inputs: MeasuringInputs) -> dict[str, Any]:
    """Measure how far the encoder of a saved model lies from its base.

    The relative distance is ||w - b|| / ||b|| over all encoder tensors together (L2).

    Args:
        spec: artifacts = [model folder], bases = [base model].
        inputs: the run's artifacts and the base.

    Returns:
        relative_l2, unchanged (names of encoder tensors that equal the base), compared (number of encoder tensors),
        missing (encoder tensors of the base that the model lacks or has in another shape), head_only (whether the
        encoder is still the base: only the head was trained, or nothing).

    Raises:
        SubmissionFault: GR314 to GR316, the files cannot be read; GR317, a weight is not finite; GR315, nothing of the
            model has the names and shapes of the base.
    """
    folder = spec.artifacts[0]
    find_folder(inputs.artifacts, folder)
    return _distance(inputs.artifacts, folder, base_encoder(model_base(spec, inputs)))


def checkpoint_distances(spec: MeasurementSpec, inputs: MeasuringInputs) -> dict[str, Any]:
    """Measure how far the encoders of the checkpoints that a training left lie from their base.

    Args:
        spec: artifacts = [folder of the checkpoints], bases = [base model].
        inputs: the run's artifacts and the base.

    Returns:
        What `distance_from_base` returns, by the name of the checkpoint's folder; of the last `MOST_CHECKPOINTS`
        folders, by name, that hold weights.

    Raises:
        SubmissionFault: as `distance_from_base`.
    """
    folder = spec.artifacts[0]
    parent = find_folder(inputs.artifacts, folder)
    names = sorted(
        entry.name for entry in parent.iterdir() if exists(inputs.artifacts, f"{folder}/{entry.name}/{WEIGHTS}")
    )
    base = base_encoder(model_base(spec, inputs))
    return {name: _distance(inputs.artifacts, f"{folder}/{name}", base) for name in names[-MOST_CHECKPOINTS:]}


def _distance(root: Path, folder: str, base: "dict[str, Tensor]") -> dict[str, Any]:
    """Compare the encoder of one model folder with that of the base."""
    tensors = read_tensors(root, f"{folder}/{WEIGHTS}")
    if broken := not_finite(tensors):
        raise SubmissionFault("GR317", f"{folder}/{WEIGHTS} holds NaN or infinity, for example in {broken[0]}.")
    theirs = encoder(tensors)
    shared = sorted(name for name in base if name in theirs and theirs[name].shape == base[name].shape)
    if not shared:
        message = f"No tensor of {folder}/{WEIGHTS} has the name and shape of one of the base model's."
        raise SubmissionFault("GR315", message, "Start from the lab's base model.")
    moved = {name: _norm(theirs[name].float() - base[name].float()) for name in shared}
    relative = math.hypot(*moved.values()) / math.hypot(*(_norm(base[name]) for name in shared))
    return {
        "relative_l2": relative,
        "unchanged": [name for name in shared if moved[name] == 0.0],
        "compared": len(shared),
        "missing": sorted(base.keys() - set(shared)),
        "head_only": relative < UNTOUCHED,
    }


def base_encoder(folder: Path) -> "dict[str, Tensor]":
    """Load the encoder tensors of a base, by names without the family's prefix.

    Raises:
        InternalFault: GR504, the base cannot be read.
    """
    with ours("the weights of the base"):
        return encoder(read_tensors(folder, WEIGHTS))


def encoder(tensors: "dict[str, Tensor]") -> "dict[str, Tensor]":
    """Return the encoder tensors of a model, by names without the family's prefix; heads are left out."""
    prefix = next((known for known in PREFIXES if any(name.startswith(known) for name in tensors)), None)
    if prefix is None:  # saved as a bare encoder: all of it
        return dict(tensors)
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}


def _norm(tensor: "Tensor") -> float:
    return float(tensor.double().norm())
