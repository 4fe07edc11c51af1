"""Looks into the checkpoints that a Trainer left, without opening a pickle."""

import re
import zipfile
from pathlib import PurePosixPath

#: What the Trainer needs to go on from a checkpoint; the state of the random generators only makes it exact.
RESUMABLE = ("model.safetensors", "optimizer.pt", "scheduler.pt", "trainer_state.json")


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
