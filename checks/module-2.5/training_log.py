"""Reads what a Trainer logged, as plain numbers."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

#: Names of older releases -> what they are called now.
OLD_NAMES = {
    "evaluation_strategy": "eval_strategy",
    "warmup_ratio": "warmup_steps (a number below 1 is a share of all steps)",
    "no_cuda": "use_cpu",
    "torch_dtype": "dtype",
    "tokenizer": "processing_class",
}


@dataclass(frozen=True)
class Log:
    """The log of one training run."""

    losses: tuple[tuple[int, float], ...]
    """Step and mean loss since the entry before."""
    evaluations: tuple[tuple[int, Mapping[str, Any]], ...]
    """Step and metrics of each evaluation while training."""
    mean_loss: float | None
    """What the Trainer says at the end of the loss over all steps."""


def read_log(state) -> Log:
    """Sort the entries of a trainer_state.json; a loss that is NaN or text is the student's to hear about."""
    losses, evaluations, mean_loss = [], [], None
    for entry in state.objects("log_history"):
        step = entry.integer("step", 0)
        if "train_loss" in entry:
            mean_loss = entry.number("train_loss")
        elif "loss" in entry:
            losses.append((step, entry.number("loss")))
        elif "eval_loss" in entry:
            evaluations.append((step, entry))
    return Log(tuple(losses), tuple(evaluations), mean_loss)


def expected_steps(rows: int, arguments) -> int:
    """How many optimizer steps this many rows take with these arguments."""
    if (most := arguments.get("max_steps", -1)) > 0:
        return most
    batches = math.ceil(rows / arguments.integer("per_device_train_batch_size", 1))
    per_epoch = math.ceil(batches / arguments.integer("gradient_accumulation_steps", 1))
    return math.ceil(per_epoch * arguments.number("num_train_epochs", 0))


def expected_entries(steps: int, per_epoch: float, arguments) -> int:
    """How many losses a run of this many steps logs."""
    strategy = arguments.get("logging_strategy", "steps")
    if strategy != "steps":
        return 0 if strategy == "no" else round(steps / per_epoch)
    every = arguments.number("logging_steps", 0)
    every = math.ceil(every * steps) if every < 1 else every  # below 1 it is a share of all steps
    return int(steps // every) if every else 0


def accounts_for(log: Log, steps: int) -> bool:
    """Whether the logged losses and the mean over all steps can be of one run.

    Each entry is the mean since the one before, so their weighted sum is the mean times the number of steps, but for
    the steps after the last entry.
    """
    if log.mean_loss is None or not log.losses:
        return False
    total, before = 0.0, 0
    for step, loss in log.losses:
        total, before = total + loss * (step - before), step
    rest = steps - before
    highest = max(loss for _, loss in log.losses)
    slack = 0.005 * total + 0.01
    return total - slack <= log.mean_loss * steps <= total + rest * highest + slack


def falls(losses: Sequence[tuple[int, float]]) -> tuple[float, float]:
    """The mean loss of the first and of the last quarter of the entries."""
    quarter = max(1, len(losses) // 4)
    values = [loss for _, loss in losses]
    return sum(values[:quarter]) / quarter, sum(values[-quarter:]) / quarter


def old_name(sources) -> str:
    """The first keyword of an older release in some cells, written `name=` as PEP 8 asks; empty when there is none."""
    return next((old for source in sources for old in OLD_NAMES if re.search(rf"(?<![\w.]){old}=(?!=)", source)), "")
