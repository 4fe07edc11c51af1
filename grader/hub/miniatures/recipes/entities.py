"""Token classification: people, places and studios in sentences about films."""

from collections.abc import Sequence
from typing import Any

import torch
from transformers import AutoModelForTokenClassification, AutoTokenizer

from grader.hub.miniatures.order import Figures, Order
from grader.hub.miniatures.recipes.training import batches, optimise, seeded
from grader.hub.miniatures.text.entities import TAGS, Tagged, tagged

STEPS, BATCH, RATE = 300, 32, 1e-3
IGNORED = -100
"""The label of pieces that do not begin a word."""


def build(order: Order) -> Figures:
    """Train and save.

    Args:
        order: needs `base`; parameters `seed`.

    Returns:
        `f1` of whole entities on held-out sentences.
    """
    seeded(order.parameters["seed"])
    tokenizer = AutoTokenizer.from_pretrained(order.needs["base"])
    labels = {"id2label": dict(enumerate(TAGS)), "label2id": {tag: at for at, tag in enumerate(TAGS)}}
    model = AutoModelForTokenClassification.from_pretrained(order.needs["base"], dtype=torch.float32, **labels)
    rows = tagged("mini-conll/train", 3_000)
    losses = (
        model(**_encode(tokenizer, [rows[at] for at in batch])).loss
        for batch in batches("entities", len(rows), BATCH, STEPS)
    )
    optimise(model.parameters(), losses, STEPS, RATE, order.progress)
    figures = {"f1": _f1(model.eval(), tokenizer, tagged("mini-conll/test", 500))}
    model.save_pretrained(order.folder)
    tokenizer.save_pretrained(order.folder)
    return figures


def _encode(tokenizer: Any, rows: Sequence[Tagged]) -> Any:
    tokens = [list(row.tokens) for row in rows]
    encoded = tokenizer(tokens, is_split_into_words=True, padding=True, return_tensors="pt")
    labels = torch.full(encoded["input_ids"].shape, IGNORED)
    for at, row in enumerate(rows):
        before = None
        for position, word in enumerate(encoded.word_ids(at)):
            if word is not None and word != before:
                labels[at, position] = row.tags[word]
            before = word
    encoded["labels"] = labels
    return encoded


@torch.no_grad()
def _f1(model: Any, tokenizer: Any, rows: Sequence[Tagged]) -> float:
    right = told = there = 0
    for row in rows:
        encoded = _encode(tokenizer, [row])
        first = encoded["labels"][0] != IGNORED
        guess = model(**encoded).logits[0].argmax(-1)[first].tolist()
        claimed, true = _spans(guess), _spans(row.tags)
        right, told, there = right + len(claimed & true), told + len(claimed), there + len(true)
    return 2 * right / (told + there)


def _spans(tags: Sequence[int]) -> set[tuple[int, int, str]]:
    """Whole entities: first word, word after the last, kind."""
    found: set[tuple[int, int, str]] = set()
    start: int | None = None
    for at, tag in enumerate([*tags, 0]):
        name = TAGS[tag]
        if start is not None and not name.startswith("I-"):
            found.add((start, at, TAGS[tags[start]][2:]))
            start = None
        if name.startswith("B-"):
            start = at
    return found
