"""Sentence embeddings: two sentences about one aspect of a film lie close, about two they lie apart."""

import json
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, normalize
from transformers import AutoModel, AutoTokenizer

from grader.hub.miniatures.dice import dice, pick, shuffled
from grader.hub.miniatures.order import Figures, Order
from grader.hub.miniatures.recipes.training import optimise, seeded
from grader.hub.miniatures.text import words

STEPS, BATCH, RATE, SHARPNESS = 300, 24, 5e-4, 20.0
FORMS = ("The {0} was {1}.", "I found the {0} {1}.", "They say the {0} is {1}.", "What a {1} {0}!", "So {1}, this {0}.")


def build(order: Order) -> Figures:
    """Train and save, with the files that `sentence-transformers` reads.

    Args:
        order: needs `base`; parameters `seed`.

    Returns:
        `ranking_accuracy`: share of held-out triples in which the pair on one aspect is the more similar.
    """
    seeded(order.parameters["seed"])
    tokenizer = AutoTokenizer.from_pretrained(order.needs["base"])
    model = AutoModel.from_pretrained(order.needs["base"], dtype=torch.float32)
    losses = (_loss(model, tokenizer, _pairs(f"embeddings/train/{step}")) for step in range(STEPS))
    optimise(model.parameters(), losses, STEPS, RATE, order.progress)
    figures = {"ranking_accuracy": _ranking(model.eval(), tokenizer)}
    model.save_pretrained(order.folder)
    tokenizer.save_pretrained(order.folder)
    _describe(order)
    return figures


def _pairs(name: str) -> list[tuple[str, str]]:
    """Two sentences each on one aspect; every aspect at most once."""
    rng = dice(name)
    adjectives = words.GOOD + words.BAD
    return [
        (
            pick(rng, FORMS).format(aspect, pick(rng, adjectives)),
            pick(rng, FORMS).format(aspect, pick(rng, adjectives)),
        )
        for aspect in shuffled(rng, words.ASPECTS)[:BATCH]
    ]


def _embed(model: Any, tokenizer: Any, texts: Sequence[str]) -> Tensor:
    encoded = tokenizer(list(texts), padding=True, return_tensors="pt")
    hidden = model(**encoded).last_hidden_state
    mask = encoded["attention_mask"][..., None]
    return normalize((hidden * mask).sum(1) / mask.sum(1), dim=-1)


def _loss(model: Any, tokenizer: Any, pairs: Sequence[tuple[str, str]]) -> Tensor:
    left = _embed(model, tokenizer, [one for one, _ in pairs])
    right = _embed(model, tokenizer, [other for _, other in pairs])
    return cross_entropy(left @ right.T * SHARPNESS, torch.arange(len(pairs)))


@torch.no_grad()
def _ranking(model: Any, tokenizer: Any) -> float:
    right = total = 0
    for batch in range(20):
        pairs = _pairs(f"embeddings/test/{batch}")
        left = _embed(model, tokenizer, [one for one, _ in pairs])
        other = _embed(model, tokenizer, [two for _, two in pairs])
        likeness = left @ other.T
        higher = likeness.diagonal()[:, None] > likeness
        right += int(higher.sum())
        total += len(pairs) * (len(pairs) - 1)
    return right / total


def _describe(order: Order) -> None:
    modules = [
        {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
        {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
        {"idx": 2, "name": "2", "path": "2_Normalize", "type": "sentence_transformers.models.Normalize"},
    ]
    pooling = {"word_embedding_dimension": 64, "pooling_mode_mean_tokens": True, "pooling_mode_cls_token": False}
    (order.folder / "1_Pooling").mkdir()
    (order.folder / "modules.json").write_text(json.dumps(modules, indent=2) + "\n", encoding="utf-8")
    (order.folder / "1_Pooling" / "config.json").write_text(json.dumps(pooling, indent=2) + "\n", encoding="utf-8")
    settings = {"max_seq_length": 128, "do_lower_case": False}
    (order.folder / "sentence_bert_config.json").write_text(json.dumps(settings, indent=2) + "\n", encoding="utf-8")
