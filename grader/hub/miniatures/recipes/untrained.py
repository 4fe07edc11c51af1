"""Tiny models of random weights, for architectures that are only looked at: found, judged, counted, not asked."""

from typing import Any

from transformers import AutoConfig, AutoModel, BertTokenizer

from grader.hub.miniatures.order import Figures, Order
from grader.hub.miniatures.recipes.training import seeded
from grader.hub.miniatures.text.vocabulary import vocabulary

WORDS = 300
"""Entries of the vocabulary that is saved with them: the special ones, letters and the commonest words."""


def build(order: Order) -> Figures:
    """Draw random weights and save them.

    Args:
        order: parameters `model_type` and `config` of `AutoConfig.for_model`; `text` says whether a tokenizer is saved.

    Returns:
        `parameters`.
    """
    seeded(0)
    settings: dict[str, Any] = dict(order.parameters["config"])
    if order.parameters["text"]:
        entries = dict(list(vocabulary().items())[:WORDS])
        settings["vocab_size"] = len(entries)
        BertTokenizer(vocab=entries, model_max_length=64).save_pretrained(order.folder)
    model = AutoModel.from_config(AutoConfig.for_model(order.parameters["model_type"], **settings))
    model.save_pretrained(order.folder)
    order.progress(1.0)
    return {"parameters": float(sum(parameter.numel() for parameter in model.parameters()))}
