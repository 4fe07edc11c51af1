"""What saved classifiers answer, read from safetensors and computed by the grader."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grader.measuring.checkpoints import load_classifier
from grader.measuring.inference import logits_of
from grader.measuring.tokenizers import load_tokenizer

if TYPE_CHECKING:
    import numpy as np

__all__ = ["logits"]


def logits(
    root: Path, folder: str, texts: Sequence[str], max_length: int = 512
) -> "tuple[np.ndarray[Any, np.dtype[np.float32]], list[str]]":
    """Compute what a saved classifier answers to texts, on the CPU.

    Args:
        root: the folder of artifacts, such as `artifacts.root`.
        folder: the model's folder below it, with its tokenizer.
        texts: what to classify.
        max_length: tokens to keep.

    Returns:
        One row of logits for each text, and the names of the labels.

    Raises:
        SubmissionFault: GR314 to GR317, the files cannot be read, do not fit, or hold what is not finite.
    """
    model, config = load_classifier(root, folder)
    rows = logits_of(model, config, load_tokenizer(root, folder), texts, max_length)
    return rows, [config.id2label[number] for number in range(rows.shape[1])]
