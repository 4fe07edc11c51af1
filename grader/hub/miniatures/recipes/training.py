"""What all recipes share: seeds, batches, and one plain optimisation loop."""

from collections.abc import Iterable, Iterator

import torch
from torch import Tensor, nn

from grader.hub.miniatures.dice import dice, shuffled
from grader.hub.miniatures.order import Progress

DECAY = 0.01
WARM_UP = 0.1
"""Share of the steps over which the learning rate rises."""
LARGEST_NORM = 1.0


def seeded(seed: int) -> None:
    """Make this process give the same weights each time: one thread, one seed.

    Args:
        seed: of torch's generator.
    """
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    torch.use_deterministic_algorithms(mode=True)


def batches(name: str, rows: int, size: int, steps: int) -> Iterator[list[int]]:
    """Row numbers of each step: every row once per pass, each pass in another order.

    Args:
        name: what the order is for.
        rows: how many rows there are.
        size: rows of a batch; a last, smaller one is left out.
        steps: number of batches.

    Yields:
        `size` row numbers.
    """
    rng = dice(name)
    order: list[int] = []
    for _ in range(steps):
        if len(order) < size:
            order = shuffled(rng, range(rows))
        yield order[:size]
        order = order[size:]


def optimise(
    parameters: Iterable[nn.Parameter], losses: Iterable[Tensor], steps: int, rate: float, progress: Progress
) -> float:
    """Follow the losses with AdamW, a short warm-up and a linear decay.

    Args:
        parameters: what may change.
        losses: one scalar a step, computed when it is asked for.
        steps: how many losses there will be.
        rate: the highest learning rate.
        progress: told the share done.

    Returns:
        The mean loss of the last tenth of the steps.
    """
    trainable = [parameter for parameter in parameters if parameter.requires_grad]
    optimizer = torch.optim.AdamW(trainable, lr=rate, weight_decay=DECAY)
    warm = max(1, int(steps * WARM_UP))
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min((step + 1) / warm, (steps - step) / max(1, steps - warm))
    )
    last: list[float] = []
    for step, loss in enumerate(losses, start=1):
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(trainable, LARGEST_NORM)
        optimizer.step()
        schedule.step()
        if step > steps * 0.9:
            last.append(loss.item())
        if step % 25 == 0 or step == steps:
            progress(step / steps)
    return sum(last) / max(1, len(last))
