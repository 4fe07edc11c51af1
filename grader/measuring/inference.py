"""Runs a classifier over texts: tokenised once, batched by length, in float32, without gradients."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grader.errors import SubmissionFault
from grader.measuring.configs import ClassifierConfig
from grader.measuring.token_cache import token_ids
from grader.measuring.tokenizers import SavedTokenizer

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor
    from torch.nn import Module

#: Texts per batch.
BATCH = 128


def logits_of(
    model: "Module",
    config: ClassifierConfig,
    saved: SavedTokenizer,
    texts: Sequence[str],
    max_length: int,
    *,
    cache_dir: Path | None = None,
) -> "np.ndarray[Any, np.dtype[np.float32]]":
    """Compute the logits of every text.

    Batches hold texts of similar length, so little is padded; padding changes logits by less than 1e-6.

    Args:
        model: the classifier, in evaluation mode.
        config: its configuration.
        saved: the tokenizer.
        texts: what to classify.
        max_length: tokens to keep, special ones included.
        cache_dir: the folder of remembered measurements; the tokens of the texts are remembered there, if given.

    Returns:
        Shape (texts, labels), in the order of the texts.

    Raises:
        SubmissionFault: GR315, the tokenizer fails or makes tokens that the model does not have; GR317, a logit is not
            finite.
    """
    import numpy as np
    import torch

    encoded = encode_texts(config, saved, texts, max_length, cache_dir)
    order = sorted(range(len(encoded)), key=lambda row: len(encoded[row]))
    result = np.zeros((len(encoded), config.num_labels), dtype=np.float32)
    device = next(model.parameters()).device
    with torch.inference_mode():
        for start in range(0, len(order), BATCH):
            rows = order[start : start + BATCH]
            ids, mask = pad_rows([encoded[row] for row in rows], config)
            output = model(input_ids=ids.to(device), attention_mask=mask.to(device))
            result[rows] = output.logits.float().cpu().numpy()
    if not np.isfinite(result).all():
        raise SubmissionFault("GR317", "The model's outputs are NaN or infinite for some texts.")
    return result


def encode_texts(
    config: ClassifierConfig, saved: SavedTokenizer, texts: Sequence[str], max_length: int, cache_dir: Path | None
) -> list[list[int]]:
    """Turn texts into the numbers that a classifier reads.

    Args:
        config: of the classifier.
        saved: the tokenizer.
        texts: what to classify.
        max_length: tokens to keep, special ones included; never more than the model has positions.
        cache_dir: as for `logits_of`.

    Returns:
        The tokens of each text.

    Raises:
        SubmissionFault: GR315, the tokenizer fails or makes tokens that the model does not have.
    """
    if saved.largest_id >= config.vocabulary:
        message = f"The tokenizer has {saved.largest_id + 1:,} tokens and the model {config.vocabulary:,}."
        raise SubmissionFault("GR315", message, "Save the tokenizer that the model was trained with.")
    return token_ids(saved, texts, min(max_length, config.positions), cache_dir)


def pad_rows(encoded: list[list[int]], config: ClassifierConfig) -> "tuple[Tensor, Tensor]":
    """Return token numbers and attention mask of some texts, each of shape (texts, tokens of the longest)."""
    import torch

    padding = int(config.fields["pad_token_id"] or 0)
    width = max(1, *map(len, encoded))
    ids = torch.full((len(encoded), width), padding, dtype=torch.long)
    mask = torch.zeros((len(encoded), width), dtype=torch.long)
    for row, tokens in enumerate(encoded):
        ids[row, : len(tokens)] = torch.tensor(tokens, dtype=torch.long)
        mask[row, : len(tokens)] = 1
    return ids, mask
