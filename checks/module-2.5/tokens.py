"""Compares what a student's function makes of texts with what the tokenizer's own file says."""


def compare(calls, folder, evidence) -> None:
    """Fill the table for batches of texts.

    Args:
        calls: probes of `encode(texts, max_length)`.
        folder: holds `tokenizer.json` of the base model.
        evidence: the table.
    """
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    for number, call in enumerate(calls, 1):
        limit = call.inputs["max_length"]
        tokenizer.no_padding()
        tokenizer.enable_truncation(limit)
        right = [row.ids for row in tokenizer.encode_batch(call.inputs["texts"])]
        longest = max(map(len, right))
        ids, mask = _rows(call.tensor("input_ids")), _rows(call.tensor("attention_mask"))
        width = max(map(len, ids), default=0)
        where = f"batch {number}, at most {limit}"
        if not evidence.equals(f"Tokens in a row ({where})", width, longest):
            name, words = (
                ("padded-to-the-limit", "Pad to the longest text of the batch: `padding=True`.")
                if width == limit
                else ("not-truncated", "Cut off at `max_length`: `truncation=True`.")
            )
            evidence.mistake(name, words)
        kept = [
            [entry for entry, real in zip(row, flags, strict=False) if real]
            for row, flags in zip(ids, mask, strict=False)
        ]
        evidence.equals(
            f"Texts whose real tokens are right ({where})",
            sum(one == other for one, other in zip(kept, right, strict=False)),
            len(right),
            hint="Use the tokenizer of `base_model`, with its special tokens, and return its own mask.",
        )


def encoder(folder, limit):
    """A function that turns a text into ids, by the tokenizer's own file.

    Args:
        folder: holds `tokenizer.json` of the base model.
        limit: most tokens.
    """
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(limit)
    return lambda text: list(tokenizer.encode(text).ids)


def _rows(tensor):
    """The rows of a tensor as lists of whole numbers; one row for a tensor of one axis."""
    width = tensor.shape[-1] if tensor.shape else 1
    values = [int(value) for value in tensor.values]
    return [values[start : start + width] for start in range(0, len(values), width)] if width else []
