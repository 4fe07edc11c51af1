"""A T5 that translates to German and summarises, told by the prefix of its input which of the two is wanted."""

from collections.abc import Sequence
from typing import Any

import torch
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from torch import Tensor
from transformers import PreTrainedTokenizerFast, T5Config, T5ForConditionalGeneration

from grader.hub.miniatures.order import Figures, Order
from grader.hub.miniatures.recipes.training import batches, optimise, seeded
from grader.hub.miniatures.text.parallel import Pair, summaries, translations

STEPS, BATCH, RATE = 1_500, 32, 3e-3
TRANSLATE, SUMMARISE = "translate English to German: ", "summarize: "
IGNORED = -100


def build(order: Order) -> Figures:
    """Train and save.

    Args:
        order: parameters `seed`.

    Returns:
        `translation_exact` and `summary_exact`: share of held-out texts that come out word for word.
    """
    seeded(order.parameters["seed"])
    rows = _rows("train", 5_000)
    tokenizer = _tokenizer(rows)
    model = T5ForConditionalGeneration(
        T5Config(
            vocab_size=len(tokenizer),
            d_model=64,
            d_kv=16,
            d_ff=128,
            num_layers=2,
            num_heads=4,
            dropout_rate=0.0,
            pad_token_id=tokenizer.pad_token_id,
            eos_token_id=tokenizer.eos_token_id,
        )
    )
    model.config.decoder_start_token_id = tokenizer.pad_token_id
    losses = (
        _loss(model, tokenizer, [rows[at] for at in batch]) for batch in batches("rewriting", len(rows), BATCH, STEPS)
    )
    optimise(model.parameters(), losses, STEPS, RATE, order.progress)
    model.generation_config.decoder_start_token_id = tokenizer.pad_token_id
    model.generation_config.max_length = 48
    held_out = _rows("test", 100)
    figures = {
        "translation_exact": _exact(model.eval(), tokenizer, held_out[::2]),
        "summary_exact": _exact(model, tokenizer, held_out[1::2]),
    }
    model.save_pretrained(order.folder)
    tokenizer.save_pretrained(order.folder)
    return figures


def _rows(split: str, count: int) -> list[Pair]:
    """Translations and summaries by turns, each with its prefix."""
    translated = [Pair(TRANSLATE + one.source, one.target) for one in translations(f"mini-wmt/{split}", count)]
    shortened = [Pair(SUMMARISE + one.source, one.target) for one in summaries(f"mini-cnn/{split}", count)]
    return [one for both in zip(translated, shortened, strict=True) for one in both]


def _tokenizer(rows: Sequence[Pair]) -> Any:
    splitter = pre_tokenizers.Whitespace()
    known = sorted({word for row in rows for text in (row.source, row.target) for word, _ in _split(splitter, text)})
    pad, end, unknown = special = ("<pad>", "</s>", "<unk>")
    entries = {word: at for at, word in enumerate((*special, *known))}
    inner = Tokenizer(models.WordLevel(entries, unk_token=unknown))
    inner.pre_tokenizer = splitter
    inner.post_processor = processors.TemplateProcessing(single=f"$A {end}", special_tokens=[(end, entries[end])])
    return PreTrainedTokenizerFast(
        tokenizer_object=inner, pad_token=pad, eos_token=end, unk_token=unknown, model_max_length=128
    )


def _split(splitter: Any, text: str) -> list[tuple[str, Any]]:
    return splitter.pre_tokenize_str(text)


def _loss(model: Any, tokenizer: Any, rows: Sequence[Pair]) -> Tensor:
    encoded = tokenizer([row.source for row in rows], padding=True, return_tensors="pt")
    labels = tokenizer([row.target for row in rows], padding=True, return_tensors="pt")["input_ids"]
    labels = labels.masked_fill(labels == tokenizer.pad_token_id, IGNORED)
    return model(input_ids=encoded["input_ids"], attention_mask=encoded["attention_mask"], labels=labels).loss


@torch.no_grad()
def _exact(model: Any, tokenizer: Any, rows: Sequence[Pair]) -> float:
    encoded = tokenizer([row.source for row in rows], padding=True, return_tensors="pt")
    ids = model.generate(
        input_ids=encoded["input_ids"], attention_mask=encoded["attention_mask"], do_sample=False, max_length=48
    )
    told = tokenizer.batch_decode(ids, skip_special_tokens=True)
    return sum(one == row.target for one, row in zip(told, rows, strict=True)) / len(rows)
