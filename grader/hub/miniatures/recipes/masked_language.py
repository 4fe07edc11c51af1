"""The base model of the text labs: masked-language training on easy reviews, as BERT or as DistilBERT.

Each text ends in a verdict whose key word is masked most of the time, and a head on the sentence's vector learns the
polarity. Without either, pre-training teaches nothing that helps a classifier later. The head is dropped on saving.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from transformers import (
    AutoModelForSequenceClassification,
    BertConfig,
    BertForMaskedLM,
    BertModel,
    BertTokenizer,
    DistilBertConfig,
    DistilBertForMaskedLM,
    DistilBertTokenizer,
)

from grader.hub.miniatures.order import Figures, Order
from grader.hub.miniatures.recipes.fine_tuning import worth
from grader.hub.miniatures.recipes.training import batches, optimise, seeded
from grader.hub.miniatures.text.pretraining import Reading, readings
from grader.hub.miniatures.text.vocabulary import vocabulary

WIDTH, LAYERS, HEADS, INNER, POSITIONS = 64, 2, 4, 256, 512
TEXTS, STEPS, BATCH, RATE = 20_000, 1_500, 32, 1e-3
KEY_MASKED, OTHERS_MASKED = 0.6, 0.12
IGNORED = -100
"""The label that cross entropy leaves out."""


def build(order: Order) -> Figures:
    """Train, save, and measure what the base is worth.

    Args:
        order: parameters `architecture` ("bert" or "distilbert") and `seed`.

    Returns:
        `verdict_words`: share of masked key words of fresh texts that are given a word of the right polarity; and the
        accuracies of `fine_tuning.worth`.
    """
    seeded(order.parameters["seed"])
    make = bert if order.parameters["architecture"] == "bert" else distilbert
    tokenizer, model = make(vocabulary())
    head = nn.Linear(WIDTH, 2)
    corpus = readings("mini-imdb/pre-training", TEXTS)
    losses = (
        _loss(model, head, tokenizer, [corpus[at] for at in batch])
        for batch in batches("masked-language", len(corpus), BATCH, STEPS)
    )
    optimise([*model.parameters(), *head.parameters()], losses, STEPS, RATE, lambda share: order.progress(share / 2))
    model.eval()
    figures = {"verdict_words": _verdict_words(model, tokenizer)}
    model.save_pretrained(order.folder)
    tokenizer.save_pretrained(order.folder)
    base = AutoModelForSequenceClassification.from_pretrained(order.folder, dtype=torch.float32)
    fresh = AutoModelForSequenceClassification.from_config(base.config)
    return figures | worth(base, fresh, tokenizer, lambda share: order.progress(0.5 + share / 2))


def bert(entries: dict[str, int]) -> tuple[BertTokenizer, BertForMaskedLM]:
    """A BERT of random weights that keeps its pooler, and its tokenizer."""
    config = BertConfig(
        vocab_size=len(entries),
        hidden_size=WIDTH,
        num_hidden_layers=LAYERS,
        num_attention_heads=HEADS,
        intermediate_size=INNER,
        max_position_embeddings=POSITIONS,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        tie_word_embeddings=False,
    )
    model = BertForMaskedLM(config)
    model.bert = BertModel(config, add_pooling_layer=True)
    return BertTokenizer(vocab=entries, model_max_length=POSITIONS), model


def distilbert(entries: dict[str, int]) -> tuple[DistilBertTokenizer, DistilBertForMaskedLM]:
    """A DistilBERT of random weights and its tokenizer."""
    config = DistilBertConfig(
        vocab_size=len(entries),
        dim=WIDTH,
        n_layers=LAYERS,
        n_heads=HEADS,
        hidden_dim=INNER,
        max_position_embeddings=POSITIONS,
        dropout=0.0,
        attention_dropout=0.0,
        seq_classif_dropout=0.0,
        tie_word_embeddings=False,
    )
    return DistilBertTokenizer(vocab=entries, model_max_length=POSITIONS), DistilBertForMaskedLM(config)


def _loss(model: Any, head: nn.Module, tokenizer: Any, texts: Sequence[Reading]) -> Tensor:
    encoded = tokenizer([reading.text for reading in texts], padding=True, return_tensors="pt")
    labels = _mask(encoded["input_ids"], tokenizer, [reading.key for reading in texts])
    hidden, summary = _encode(model, encoded)
    logits = _word_logits(model, hidden)
    words = nn.functional.cross_entropy(logits.flatten(0, 1), labels.flatten(), ignore_index=IGNORED)
    polarity = torch.tensor([reading.label for reading in texts])
    return words + nn.functional.cross_entropy(head(summary), polarity)


def _encode(model: Any, encoded: Any) -> tuple[Tensor, Tensor]:
    """Hidden states, and the vector that stands for the sentence: the pooler's where there is one."""
    if hasattr(model, "bert"):
        output = model.bert(**encoded)
        return output.last_hidden_state, output.pooler_output
    hidden = model.distilbert(**encoded).last_hidden_state
    return hidden, hidden[:, 0]


def _word_logits(model: Any, hidden: Tensor) -> Tensor:
    if hasattr(model, "bert"):
        return model.cls(hidden)
    return model.vocab_projector(model.vocab_layer_norm(model.activation(model.vocab_transform(hidden))))


def _mask(ids: Tensor, tokenizer: Any, keys: Sequence[str]) -> Tensor:
    """Mask words in place and return the labels: the masked words, and `IGNORED` elsewhere."""
    key_ids = torch.tensor(tokenizer.convert_tokens_to_ids(list(keys)))
    chance = torch.full(ids.shape, OTHERS_MASKED)
    chance[ids == key_ids[:, None]] = KEY_MASKED
    special = torch.tensor(tokenizer.all_special_ids)
    chance[torch.isin(ids, special)] = 0.0
    masked = torch.rand(ids.shape) < chance
    labels = torch.where(masked, ids, IGNORED)
    ids[masked] = tokenizer.mask_token_id
    return labels


@torch.no_grad()
def _verdict_words(model: Any, tokenizer: Any) -> float:
    """Share of fresh texts whose masked key word is given a word of the right polarity."""
    fresh = readings("mini-imdb/pre-training-held-out", 1_000)
    by_label = [sorted({reading.key for reading in fresh if reading.label == label}) for label in (0, 1)]
    ids = [tokenizer.convert_tokens_to_ids(keys) for keys in by_label]
    right = 0
    for reading in fresh:
        text = reading.text.replace(reading.key, tokenizer.mask_token)
        encoded = tokenizer(text, return_tensors="pt")
        at = int((encoded["input_ids"][0] == tokenizer.mask_token_id).nonzero()[-1])
        logits = model(**encoded).logits[0, at]
        right += int(logits[ids[1]].max() > logits[ids[0]].max()) == reading.label
    return right / len(fresh)
