"""A Whisper that writes down digits, on windows of two seconds and 40 mel bands."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from transformers import (
    GenerationConfig,
    WhisperConfig,
    WhisperFeatureExtractor,
    WhisperForConditionalGeneration,
    WhisperProcessor,
    WhisperTokenizer,
)

from grader.hub.miniatures.order import Figures, Order
from grader.hub.miniatures.recipes.training import batches, optimise, seeded
from grader.hub.miniatures.sounds.digits import DIGITS, RATE, Recording, recordings
from grader.hub.miniatures.sounds.errors import word_error_rate

STEPS, BATCH, LEARNING_RATE, BANDS, SECONDS = 600, 32, 2e-3, 40, 2
LONGEST = 24
"""Tokens of a transcript."""
END, START, NO_TIMES = "<|endoftext|>", "<|startoftranscript|>", "<|notimestamps|>"
SPECIAL = (END, START, "<|en|>", "<|translate|>", "<|transcribe|>", "<|startofprev|>", "<|nospeech|>", NO_TIMES)
"""They follow the vocabulary: everything after the last of them would be read as a time."""
IGNORED = -100


def build(order: Order) -> Figures:
    """Train and save.

    Args:
        order: parameters `seed`.

    Returns:
        `word_error_rate` on held-out recordings.
    """
    seeded(order.parameters["seed"])
    processor = WhisperProcessor(
        feature_extractor=WhisperFeatureExtractor(feature_size=BANDS, sampling_rate=RATE, chunk_length=SECONDS),
        tokenizer=_tokenizer(),
    )
    model = WhisperForConditionalGeneration(_config(processor.tokenizer))
    model.generation_config = _generation(processor.tokenizer)
    rows = recordings("mini-speech/train", 2_000)
    features = _features(processor, rows)
    losses = (
        _loss(model, processor.tokenizer, features[batch], [rows[at].text for at in batch])
        for batch in batches("words", len(rows), BATCH, STEPS)
    )
    optimise(model.parameters(), losses, STEPS, LEARNING_RATE, order.progress)
    held_out = recordings("mini-speech/test", 100)
    with torch.no_grad():
        ids = model.eval().generate(input_features=_features(processor, held_out))
    told = [text.strip() for text in processor.tokenizer.batch_decode(ids, skip_special_tokens=True)]
    model.save_pretrained(order.folder)
    processor.save_pretrained(order.folder)
    return {"word_error_rate": word_error_rate(told, [row.text for row in held_out])}


def _tokenizer() -> Any:
    """Byte-level entries for every printable byte, and one for each word with a blank before it."""
    merges: list[tuple[str, str]] = []
    for word in DIGITS:
        whole = "Ġ"
        for letter in word:
            if (whole, letter) not in merges:
                merges.append((whole, letter))
            whole += letter
    letters = [chr(code) for code in range(33, 127)]
    entries = {entry: at for at, entry in enumerate([*letters, "Ġ", *dict.fromkeys(a + b for a, b in merges)])}
    entries |= {entry: len(entries) + at for at, entry in enumerate(SPECIAL)}
    return WhisperTokenizer(
        vocab=entries,
        merges=merges,
        unk_token=END,
        bos_token=END,
        eos_token=END,
        pad_token=END,
        model_max_length=LONGEST,
    )


def _config(tokenizer: Any) -> WhisperConfig:
    end, start = tokenizer.convert_tokens_to_ids([END, START])
    return WhisperConfig(
        vocab_size=len(tokenizer),
        num_mel_bins=BANDS,
        d_model=64,
        encoder_layers=2,
        decoder_layers=2,
        encoder_attention_heads=4,
        decoder_attention_heads=4,
        encoder_ffn_dim=128,
        decoder_ffn_dim=128,
        max_source_positions=SECONDS * 50,
        max_target_positions=LONGEST,
        dropout=0.0,
        decoder_start_token_id=start,
        bos_token_id=end,
        eos_token_id=end,
        pad_token_id=end,
        suppress_tokens=None,
        begin_suppress_tokens=None,
    )


def _generation(tokenizer: Any) -> GenerationConfig:
    """Written out in full: settings derived from the model's configuration would be dropped on loading."""
    end, start, no_times = tokenizer.convert_tokens_to_ids([END, START, NO_TIMES])
    return GenerationConfig(
        is_multilingual=False,
        no_timestamps_token_id=no_times,
        decoder_start_token_id=start,
        bos_token_id=end,
        eos_token_id=end,
        pad_token_id=end,
        max_length=LONGEST,
        return_timestamps=False,
    )


def _features(processor: Any, rows: Sequence[Recording]) -> Tensor:
    samples = [row.samples for row in rows]
    return processor.feature_extractor(samples, sampling_rate=RATE, return_tensors="pt")["input_features"]


def _loss(model: Any, tokenizer: Any, features: Tensor, texts: Sequence[str]) -> Tensor:
    """The decoder is given the start and the mark for no times, and learns the words and the end."""
    encoded = [tokenizer(f" {text}", add_special_tokens=False)["input_ids"] for text in texts]
    end, start, no_times = tokenizer.convert_tokens_to_ids([END, START, NO_TIMES])
    longest = max(len(ids) for ids in encoded)
    given = [[start, no_times, *ids] + [end] * (longest - len(ids)) for ids in encoded]
    wanted = [[IGNORED, *ids, end] + [IGNORED] * (longest - len(ids)) for ids in encoded]
    logits = model(input_features=features, decoder_input_ids=torch.tensor(given)).logits
    return torch.nn.functional.cross_entropy(logits.flatten(0, 1), torch.tensor(wanted).flatten(), ignore_index=IGNORED)
