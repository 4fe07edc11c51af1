"""Fine-tuning on the public film reviews, as a student does it: what a base is worth is measured with it."""

import copy
from collections.abc import Sequence
from typing import Any

import torch

from grader.hub.miniatures.order import Progress
from grader.hub.miniatures.recipes.imdb_reviews import public_reviews
from grader.hub.miniatures.recipes.training import batches, optimise
from grader.hub.miniatures.text.grammar import Review

ROWS, EPOCHS, BATCH, RATE = 2_000, 8, 32, 1e-3


def as_classifier(model: Any) -> Any:
    """Name the two labels of a classification model.

    Args:
        model: of `AutoModelForSequenceClassification`.

    Returns:
        The same model.
    """
    model.config.id2label = {at: name.upper() for at, name in enumerate(("negative", "positive"))}
    model.config.label2id = {name: at for at, name in model.config.id2label.items()}
    return model


def fine_tune(model: Any, tokenizer: Any, progress: Progress, rows: int = ROWS, head_only: bool = False) -> float:
    """Train a classifier on the first public reviews and measure it on the public test split.

    Args:
        model: of `AutoModelForSequenceClassification`; changed in place.
        tokenizer: of its base.
        progress: told the share done.
        rows: how many reviews of `train` it reads.
        head_only: whether the encoder stays as it is.

    Returns:
        Accuracy on the test split, from 0 to 1.
    """
    splits = public_reviews()
    train = splits["train"][:rows]
    if head_only:
        model.base_model.requires_grad_(requires_grad=False)
    steps = EPOCHS * -(-rows // BATCH)
    losses = (
        model(**_encode(tokenizer, [train[at] for at in batch]), labels=_labels([train[at] for at in batch])).loss
        for batch in batches("fine-tuning", rows, min(BATCH, rows), steps)
    )
    model.train()
    optimise(model.parameters(), losses, steps, RATE, progress)
    return accuracy(model, tokenizer, splits["test"])


@torch.no_grad()
def accuracy(model: Any, tokenizer: Any, rows: Sequence[Review]) -> float:
    """Share of reviews whose label the model names.

    Args:
        model: a classifier with the labels of `stanfordnlp/imdb`.
        tokenizer: of its base.
        rows: reviews.

    Returns:
        From 0 to 1.
    """
    model.eval()
    right = 0
    for start in range(0, len(rows), 100):
        chunk = rows[start : start + 100]
        right += int((model(**_encode(tokenizer, chunk)).logits.argmax(-1) == _labels(chunk)).sum())
    return right / len(rows)


def worth(base: Any, fresh: Any, tokenizer: Any, progress: Progress) -> dict[str, float]:
    """What a base gives in the ways that a student may take.

    Args:
        base: a classifier with the encoder of the base and a new head.
        fresh: the same with random weights.
        tokenizer: of the base.
        progress: told the share done.

    Returns:
        Accuracies on the public test split: `fine_tuned_accuracy`, `head_only_accuracy`, `hundred_rows_accuracy`,
        `from_scratch_accuracy`.
    """
    ways: dict[str, tuple[Any, dict[str, Any]]] = {
        "fine_tuned_accuracy": (base, {}),
        "head_only_accuracy": (base, {"head_only": True}),
        "hundred_rows_accuracy": (base, {"rows": 100}),
        "from_scratch_accuracy": (fresh, {}),
    }
    figures: dict[str, float] = {}
    for at, (name, (model, options)) in enumerate(ways.items()):

        def share(done: float, at: int = at) -> None:
            progress((at + done) / len(ways))

        figures[name] = fine_tune(copy.deepcopy(model), tokenizer, share, **options)
    return figures


def _encode(tokenizer: Any, rows: Sequence[Review]) -> Any:
    return tokenizer(
        [review.text for review in rows], padding=True, truncation=True, max_length=64, return_tensors="pt"
    )


def _labels(rows: Sequence[Review]) -> torch.Tensor:
    return torch.tensor([review.label for review in rows])
