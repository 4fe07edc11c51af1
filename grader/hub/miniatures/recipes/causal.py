"""Causal language models on film reviews or on conversations about films, as GPT-2, Llama or Qwen2."""

import math
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import Any

import torch
from torch import Tensor
from transformers import AutoModelForCausalLM, GPT2Config, LlamaConfig, Qwen2Config

from grader.hub.miniatures.order import Figures, Order
from grader.hub.miniatures.recipes.training import batches, optimise, seeded
from grader.hub.miniatures.text.bytes import byte_tokenizer
from grader.hub.miniatures.text.chat import exchanges
from grader.hub.miniatures.text.grammar import reviews

STEPS, BATCH, RATE, LENGTH, TEXTS = 800, 16, 2e-3, 64, 12_000
WIDTH, LAYERS, HEADS, POSITIONS = 64, 2, 4, 256


def build(order: Order) -> Figures:
    """Train and save.

    Args:
        order: parameters `architecture` ("gpt2", "llama" or "qwen2"), `chat` and `seed`.

    Returns:
        `perplexity` per token of held-out text, and `unigram_perplexity` of the same text.
    """
    seeded(order.parameters["seed"])
    chat = order.parameters["chat"]
    texts = conversations("mini-chat/train", TEXTS) if chat else _reviews("mini-lm/train", TEXTS)
    held_out = conversations("mini-chat/test", 500) if chat else _reviews("mini-lm/test", 500)
    tokenizer = byte_tokenizer(texts, chat=chat)
    model = AutoModelForCausalLM.from_config(_config(order.parameters["architecture"], tokenizer))
    rows = _blocks(tokenizer, texts)
    losses = (
        model(input_ids=ids, labels=ids).loss
        for ids in (rows[batch] for batch in batches("causal", len(rows), BATCH, STEPS))
    )
    optimise(model.parameters(), losses, STEPS, RATE, order.progress)
    figures = _perplexities(model.eval(), _blocks(tokenizer, held_out), rows)
    model.save_pretrained(order.folder)
    tokenizer.save_pretrained(order.folder)
    return figures


def conversations(name: str, count: int) -> list[str]:
    """Conversations in the form of the chat template.

    Args:
        name: which sequence.
        count: how many.
    """
    return [f"<|user|>{one.question}<|end|><|assistant|>{one.answer}<|end|>" for one in exchanges(name, count)]


def _reviews(name: str, count: int) -> list[str]:
    return [review.text for review in islice(reviews(name), count)]


def _config(architecture: str, tokenizer: Any) -> Any:
    ids = {"bos_token_id": tokenizer.bos_token_id, "eos_token_id": tokenizer.eos_token_id}
    if architecture == "gpt2":
        return GPT2Config(
            vocab_size=len(tokenizer),
            n_positions=POSITIONS,
            n_embd=WIDTH,
            n_layer=LAYERS,
            n_head=HEADS,
            resid_pdrop=0.0,
            embd_pdrop=0.0,
            attn_pdrop=0.0,
            pad_token_id=tokenizer.pad_token_id,
            **ids,
        )
    kind = LlamaConfig if architecture == "llama" else Qwen2Config
    return kind(
        vocab_size=len(tokenizer),
        hidden_size=WIDTH,
        intermediate_size=4 * WIDTH,
        num_hidden_layers=LAYERS,
        num_attention_heads=HEADS,
        num_key_value_heads=HEADS // 2,
        max_position_embeddings=POSITIONS,
        pad_token_id=tokenizer.pad_token_id,
        **ids,
    )


def _blocks(tokenizer: Any, texts: list[str]) -> Tensor:
    """All texts behind one another, each after the first token, cut into rows of `LENGTH`."""
    ids: list[int] = []
    for encoded in _encoded(tokenizer, texts):
        ids += [tokenizer.bos_token_id, *encoded]
    rows = len(ids) // LENGTH
    return torch.tensor(ids[: rows * LENGTH]).view(rows, LENGTH)


def _encoded(tokenizer: Any, texts: list[str]) -> Iterator[list[int]]:
    yield from tokenizer(texts, add_special_tokens=False)["input_ids"]


@torch.no_grad()
def _perplexities(model: Any, rows: Tensor, trained: Tensor) -> Figures:
    loss = sum(float(model(input_ids=row[None], labels=row[None]).loss) for row in rows) / len(rows)
    counts = Counter(trained.flatten().tolist())
    total = sum(counts.values()) + len(counts)
    told = rows[:, 1:].flatten().tolist()
    unigram = -sum(math.log((counts[one] + 1) / total) for one in told) / len(told)
    return {"perplexity": math.exp(loss), "unigram_perplexity": math.exp(unigram)}
