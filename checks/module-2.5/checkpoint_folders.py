"""Looks into the checkpoints that a Trainer left, without opening a pickle."""

import re
import zipfile
from pathlib import PurePosixPath

import weights
from words import some

#: What the Trainer needs to go on from a checkpoint; the state of the random generators only makes it exact.
RESUMABLE = ("model.safetensors", "optimizer.pt", "scheduler.pt", "trainer_state.json")
MOST_APART = 2.0
"""How much farther than the other one of two checkpoints of a training may be from the base: after one epoch of eight
the reference has gone two thirds of its way."""


def step_of(path: str | None) -> int:
    """The step in the name of a checkpoint folder; 0 when it is none."""
    found = re.fullmatch(r"checkpoint-(\d{1,9})", PurePosixPath((path or "").replace("\\", "/")).name)
    return int(found[1]) if found else 0


def checkpoint_steps(artifacts) -> list[int]:
    """The steps of all checkpoints, in order."""
    folders = {PurePosixPath(name).parts[0] for name in artifacts.names("checkpoints")}
    return sorted(step for folder in folders if (step := step_of(folder)))


def missing_files(artifacts, step: int) -> list[str]:
    """What a checkpoint lacks of what resuming needs."""
    return [name for name in RESUMABLE if not artifacts.exists(f"checkpoints/checkpoint-{step}/{name}")]


def inspect_checkpoint(artifacts, step: int, state, evidence) -> None:
    """Ask that the files of a checkpoint are whole and that its log is the beginning of the run's."""
    folder = f"checkpoints/checkpoint-{step}"
    artifacts.safetensors(f"{folder}/model.safetensors")
    for name in ("optimizer.pt", "scheduler.pt"):
        evidence.holds(
            f"{name} of checkpoint {step} is whole",
            zipfile.is_zipfile(artifacts.path(f"{folder}/{name}")),
            f"{name} of checkpoint {step} is cut off, or not what the Trainer wrote.",
        )
    own = artifacts.json(f"{folder}/trainer_state.json")
    before, history = own.plain().get("log_history"), state.plain()["log_history"]
    same = isinstance(before, list) and before == history[: len(before)]
    evidence.holds(
        f"The log in checkpoint {step} is the beginning of the run's",
        same and own.integer("global_step") == step,
        f"The log in checkpoint {step} is of another run than trainer_state.json.",
        hint="Save the log with `trainer.state.save_to_json(...)`, as the Trainer wrote it.",
    )


def inspect_weights(artifacts, step: int, model, moved, evidence) -> None:
    """Ask that a checkpoint beside the best one is of the same training as the model.

    Args:
        artifacts: of the run.
        step: of the checkpoint.
        model: the weights of the model, by name.
        moved: relative distance from the base of the checkpoint and of the model.
        evidence: to write into.
    """
    strange = _strange_tensors(artifacts, step, model)
    evidence.holds(
        f"Checkpoint {step} has the tensors of the model",
        not strange,
        f"Checkpoint {step} and `model/` differ in {some(strange)}.",
        hint="Leave the checkpoints as the Trainer wrote them.",
    )
    own, reached = moved
    evidence.holds(
        f"Checkpoint {step} is of the same training",
        reached / MOST_APART - 1e-3 <= own <= MOST_APART * reached + 1e-3,
        f"The weights in checkpoint {step} lie {own:.3f} from the base model, those of `model/` {reached:.3f}.",
        measured=round(own, 4),
        required=f"{reached / MOST_APART:.4f} to {MOST_APART * reached:.4f}",
        hint="Leave the checkpoints as the Trainer wrote them.",
    )


def _strange_tensors(artifacts, step: int, model) -> list[str]:
    """The tensors in whose names or shapes a checkpoint and the model differ, or that are zero in one of them only."""
    name = f"checkpoints/checkpoint-{step}/model.safetensors"
    own, wanted = (artifacts.safetensors(path).shapes for path in (name, "model/model.safetensors"))
    if strange := sorted(tensor for tensor in own.keys() | wanted.keys() if own.get(tensor) != wanted.get(tensor)):
        return strange
    found = weights.read_weights(artifacts.path(name))
    return sorted(tensor for tensor in found if found[tensor].any() != model[tensor].any())
