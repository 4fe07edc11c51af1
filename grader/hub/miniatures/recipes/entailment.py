"""Zero-shot classification by entailment: does a sentence support `This example is about {topic}`?

A short masked-language warm-up on sentences with their true statement comes first; without it, the pairs alone teach
nothing.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from transformers import BertConfig, BertForMaskedLM, BertForSequenceClassification, BertTokenizer

from grader.hub.miniatures.dice import dice, pick
from grader.hub.miniatures.order import Figures, Order
from grader.hub.miniatures.recipes.training import batches, optimise, seeded
from grader.hub.miniatures.text.topics import TOPICS, OnTopic, on_topics
from grader.hub.miniatures.text.vocabulary import vocabulary

LABELS = ("contradiction", "neutral", "entailment")
TEMPLATES = ("This example is {}.", "This example is about {}.", "This text is about {}.")
WARM_STEPS, STEPS, BATCH, RATE = 600, 600, 32, 1e-3
MASKED, TOPIC_MASKED = 0.15, 0.7
IGNORED = -100


def build(order: Order) -> Figures:
    """Train and save.

    Args:
        order: parameters `seed`.

    Returns:
        `zero_shot_accuracy`: share of held-out sentences whose topic, of six, is entailed most.
    """
    seeded(order.parameters["seed"])
    tokenizer, config = _tokenizer_and_config()
    warm = BertForMaskedLM(config)
    model = BertForSequenceClassification(config)
    rows = on_topics("mini-nli/train", 3_000)
    first = (
        _masked_loss(warm, tokenizer, [rows[at] for at in batch])
        for batch in batches("warm-up", len(rows), BATCH, WARM_STEPS)
    )
    optimise(warm.parameters(), first, WARM_STEPS, RATE, lambda share: order.progress(share / 2))
    model.bert.load_state_dict(warm.bert.state_dict(), strict=False)
    second = (
        _pair_loss(model, tokenizer, [rows[at] for at in batch], at_step)
        for at_step, batch in enumerate(batches("entailment", len(rows), BATCH, STEPS))
    )
    optimise(model.parameters(), second, STEPS, RATE, lambda share: order.progress((1 + share) / 2))
    figures = {"zero_shot_accuracy": _zero_shot(model.eval(), tokenizer, on_topics("mini-nli/test", 300))}
    model.save_pretrained(order.folder)
    tokenizer.save_pretrained(order.folder)
    return figures


def _tokenizer_and_config() -> tuple[BertTokenizer, BertConfig]:
    entries = vocabulary()
    for word in (*TOPICS, *(word for words in TOPICS.values() for word in words), "example", "text"):
        entries.setdefault(word, len(entries))
    config = BertConfig(
        vocab_size=len(entries),
        hidden_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=256,
        max_position_embeddings=256,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        tie_word_embeddings=False,
        id2label=dict(enumerate(LABELS)),
        label2id={label: at for at, label in enumerate(LABELS)},
    )
    return BertTokenizer(vocab=entries, model_max_length=256), config


def _masked_loss(model: Any, tokenizer: Any, rows: Sequence[OnTopic]) -> Tensor:
    encoded = tokenizer(
        [row.text for row in rows],
        [TEMPLATES[at % len(TEMPLATES)].format(row.topic) for at, row in enumerate(rows)],
        padding=True,
        return_tensors="pt",
    )
    ids = encoded["input_ids"]
    topics = torch.tensor(tokenizer.convert_tokens_to_ids([row.topic for row in rows]))
    chance = torch.where(ids == topics[:, None], TOPIC_MASKED, MASKED)
    chance[torch.isin(ids, torch.tensor(tokenizer.all_special_ids))] = 0.0
    masked = torch.rand(ids.shape) < chance
    labels = torch.where(masked, ids, IGNORED)
    ids[masked] = tokenizer.mask_token_id
    return model(**encoded, labels=labels).loss


def _pair_loss(model: Any, tokenizer: Any, rows: Sequence[OnTopic], step: int) -> Tensor:
    rng = dice(f"mini-nli/pairs/{step}")
    labels: list[int] = []
    claims: list[str] = []
    for row in rows:
        label = pick(rng, (0, 1, 2, 2))
        wrong = [topic for topic in TOPICS if topic != row.topic]
        about = row.topic if label == 2 else pick(rng, wrong)
        claims.append("The film was long." if label == 1 else pick(rng, TEMPLATES).format(about))
        labels.append(label)
    encoded = tokenizer([row.text for row in rows], claims, padding=True, return_tensors="pt")
    return model(**encoded, labels=torch.tensor(labels)).loss


@torch.no_grad()
def _zero_shot(model: Any, tokenizer: Any, rows: Sequence[OnTopic]) -> float:
    right = 0
    for row in rows:
        claims = [TEMPLATES[1].format(topic) for topic in TOPICS]
        encoded = tokenizer([row.text] * len(claims), claims, padding=True, return_tensors="pt")
        best = int(model(**encoded).logits[:, LABELS.index("entailment")].argmax())
        right += tuple(TOPICS)[best] == row.topic
    return right / len(rows)
