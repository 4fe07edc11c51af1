"""Tokenizers that know whole words only: enough for captions and commands."""

from collections.abc import Sequence
from typing import Any

from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import PreTrainedTokenizerFast


def word_tokenizer(known: Sequence[str], *, first: str, last: str, length: int) -> Any:
    """A tokenizer that puts a first and a last token round the words.

    Args:
        known: the words, lower case.
        first: the token before them.
        last: the token behind them.
        length: most tokens of a text.

    Returns:
        A tokenizer of `transformers`; special tokens have the highest ids.
    """
    pad, unknown = "<pad>", "<unk>"
    entries = {word: at for at, word in enumerate((*known, unknown, pad, first, last))}
    inner = Tokenizer(models.WordLevel(entries, unk_token=unknown))
    inner.normalizer = normalizers.Lowercase()
    inner.pre_tokenizer = pre_tokenizers.Whitespace()
    inner.post_processor = processors.TemplateProcessing(
        single=f"{first} $A {last}", special_tokens=[(first, entries[first]), (last, entries[last])]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=inner,
        bos_token=first,
        eos_token=last,
        pad_token=pad,
        unk_token=unknown,
        model_max_length=length,
    )
