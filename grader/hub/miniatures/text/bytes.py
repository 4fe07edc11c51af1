"""Byte-level BPE, learned from the generated texts: what the causal models read with."""

from collections.abc import Sequence
from typing import Any

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

SIZE = 1_000
END = "<|endoftext|>"
USER, ASSISTANT, TURN_END = "<|user|>", "<|assistant|>", "<|end|>"
CHAT_TEMPLATE = (
    "{% for message in messages %}{{ '<|' + message['role'] + '|>' + message['content'] + '<|end|>' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}"
)


def byte_tokenizer(texts: Sequence[str], *, chat: bool) -> Any:
    """Learn a tokenizer whose first, last and padding token are one.

    Args:
        texts: what the merges are learned from.
        chat: whether it gets the marks of a conversation and a chat template.

    Returns:
        A tokenizer of `transformers` with at most `SIZE` entries.
    """
    inner = Tokenizer(models.BPE())
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = decoders.ByteLevel()
    special = [END, USER, ASSISTANT, TURN_END] if chat else [END]
    trainer = trainers.BpeTrainer(
        vocab_size=SIZE,
        special_tokens=special,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    inner.train_from_iterator(texts, trainer)
    end = TURN_END if chat else END
    made = PreTrainedTokenizerFast(
        tokenizer_object=inner, bos_token=END, eos_token=end, pad_token=END, model_max_length=256
    )
    made.padding_side = "left" if chat else "right"
    if chat:
        made.chat_template = CHAT_TEMPLATE
    return made
