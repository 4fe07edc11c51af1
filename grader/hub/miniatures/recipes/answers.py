"""Extractive question answering: the span of a short text that answers a question."""

from collections.abc import Sequence
from typing import Any

import torch
from transformers import AutoModelForQuestionAnswering, AutoTokenizer

from grader.hub.miniatures.order import Figures, Order
from grader.hub.miniatures.recipes.training import batches, optimise, seeded
from grader.hub.miniatures.text.questions import Question, questions

STEPS, BATCH, RATE = 450, 32, 1e-3


def build(order: Order) -> Figures:
    """Train and save.

    Args:
        order: needs `base`; parameters `seed`.

    Returns:
        `exact_match` on held-out questions.
    """
    seeded(order.parameters["seed"])
    tokenizer = AutoTokenizer.from_pretrained(order.needs["base"])
    model = AutoModelForQuestionAnswering.from_pretrained(order.needs["base"], dtype=torch.float32)
    rows = questions("mini-squad/train", 4_000)
    losses = (
        _loss(model, tokenizer, [rows[at] for at in batch]) for batch in batches("answers", len(rows), BATCH, STEPS)
    )
    optimise(model.parameters(), losses, STEPS, RATE, order.progress)
    figures = {"exact_match": _exact(model.eval(), tokenizer, questions("mini-squad/test", 500))}
    model.save_pretrained(order.folder)
    tokenizer.save_pretrained(order.folder)
    return figures


def _encode(tokenizer: Any, rows: Sequence[Question]) -> Any:
    return tokenizer([row.question for row in rows], [row.context for row in rows], padding=True, return_tensors="pt")


def _loss(model: Any, tokenizer: Any, rows: Sequence[Question]) -> torch.Tensor:
    encoded = _encode(tokenizer, rows)
    starts = [encoded.char_to_token(at, row.start, 1) for at, row in enumerate(rows)]
    ends = [encoded.char_to_token(at, row.start + len(row.answer) - 1, 1) for at, row in enumerate(rows)]
    return model(**encoded, start_positions=torch.tensor(starts), end_positions=torch.tensor(ends)).loss


@torch.no_grad()
def _exact(model: Any, tokenizer: Any, rows: Sequence[Question]) -> float:
    right = 0
    for row in rows:
        encoded = _encode(tokenizer, [row])
        output = model(**encoded)
        first = encoded.token_to_chars(0, int(output.start_logits[0].argmax()))
        last = encoded.token_to_chars(0, int(output.end_logits[0].argmax()))
        right += first is not None and last is not None and row.context[first.start : last.end] == row.answer
    return right / len(rows)
