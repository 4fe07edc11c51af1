"""Has gathered models read texts all at once, in batches that fit the memory, and keeps the time."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from grader.measuring.configs import ClassifierConfig
from grader.measuring.gathering import Gathered
from grader.measuring.inference import BATCH, encode_texts, pad_rows
from grader.measuring.together import Batch, Trial, try_both

if TYPE_CHECKING:
    from grader.measuring.classifiers import Logits

#: Batches of the trial.
_TRIAL = 2


@dataclass(frozen=True)
class Room:
    """Memory that many models at once may take, in bytes."""

    weights: int
    activations: int


class Evaluation:
    """Gathered models that read one collection of texts after another."""

    def __init__(self, gathered: Gathered, device: str, room: Room) -> None:
        """Keep the models.

        Args:
            gathered: the models.
            device: where they are.
            room: what their activations may take.
        """
        self._gathered = gathered
        self._models = len(gathered.members)
        self._device = device
        self._room = room
        self._encoded: list[list[int]] = []
        self._order: list[int] = []
        self._trial: Trial | None = None
        self.texts = 0
        self.seconds = 0.0
        self.one_by_one = 0.0

    def encode(self, texts: Sequence[str], max_length: int, cache_dir: Path) -> None:
        """Turn the next texts into tokens.

        Args:
            texts: what is read next; at least one.
            max_length: tokens to keep.
            cache_dir: the folder of remembered measurements.

        Raises:
            SubmissionFault: GR315, the models' tokenizer cannot be used with them.
        """
        self._encoded = encode_texts(self._gathered.config, self._gathered.tokenizer, texts, max_length, cache_dir)
        self._order = sorted(range(len(self._encoded)), key=lambda row: len(self._encoded[row]))

    @property
    def trial(self) -> Trial:
        """What both ways took for texts of middle length; made once."""
        if self._trial is None:
            middle = max(0, (len(self._order) - _TRIAL * BATCH) // 2)
            rows = self._order[middle : middle + _TRIAL * BATCH]
            small = [batch for _, batch in self._batches(rows, self._models)]
            large = [batch for _, batch in self._batches(rows, 1)]
            self._trial = try_both(self._gathered.alone, self._gathered.at_once, self._models, small, large)
        return self._trial

    def logits(self) -> "Logits":
        """Have every model read the texts.

        Returns:
            Shape (models, texts, labels), in the order of the texts.

        Raises:
            RuntimeError: the device's memory is full.
        """
        pace = self.trial.one_by_one / max(1, self.trial.tokens)
        began = time.perf_counter()
        shape = self._models, len(self._encoded), self._gathered.config.num_labels
        result: np.ndarray[Any, np.dtype[np.float32]] = np.zeros(shape, dtype=np.float32)
        with torch.inference_mode():
            for rows, batch in self._batches(self._order, self._models):
                result[:, rows] = self._gathered.at_once(batch).float().cpu().numpy()
                self.one_by_one += pace * batch.ids.numel()
        self.seconds += time.perf_counter() - began
        self.texts += len(self._encoded)
        return result

    def _batches(self, order: Sequence[int], models: int) -> Iterator[tuple[list[int], Batch]]:
        """Rows and batches of texts of similar length, as many at a time as the memory allows."""
        start = 0
        while start < len(order):
            longest = len(self._encoded[order[min(start + BATCH, len(order)) - 1]])
            each = models * _activations(self._gathered.config, max(1, longest))
            rows = list(order[start : start + max(1, min(BATCH, self._room.activations // each))])
            ids, mask = pad_rows([self._encoded[row] for row in rows], self._gathered.config)
            yield rows, Batch(ids.to(self._device), mask.to(self._device))
            start += len(rows)


def _activations(config: ClassifierConfig, tokens: int) -> int:
    """About the bytes that a text takes in a layer of one model: attention, computed in full, and the widest part."""
    names = ("num_attention_heads", "intermediate_size") if config.family == "bert" else ("n_heads", "hidden_dim")
    heads, widest = (int(config.fields[name] or 0) for name in names)
    return 4 * tokens * (3 * heads * tokens + 4 * widest)
