"""Remembers the tokens of texts on disk: a class that saves one tokenizer has our texts turned into tokens once."""

import contextlib
import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

from grader.measuring.cache import library_versions, prune
from grader.measuring.tokenizers import SavedTokenizer

#: Below the folder of remembered measurements.
FOLDER = "tokens"
#: Entries that are kept, those used last: few tokenizers are saved by many, and a class could hand in hundreds.
ENTRIES = 64
#: Bytes of one entry; more tokens are made anew every time.
ENTRY_LIMIT = 16 * 1024**2
_DIGEST_BYTES = 32


def token_ids(saved: SavedTokenizer, texts: Sequence[str], max_length: int, cache_dir: Path | None) -> list[list[int]]:
    """Turn texts into tokens, or remember what they became.

    Args:
        saved: the tokenizer.
        texts: what to encode.
        max_length: tokens to keep, special ones included.
        cache_dir: the folder of remembered measurements; nothing is remembered when it is None.

    Returns:
        The numbers of the tokens of each text, whether remembered or not.

    Raises:
        SubmissionFault: GR315, the tokenizer fails.
    """
    if cache_dir is None:
        return _encoded(saved, texts, max_length)
    path = cache_dir / FOLDER / _key(saved, texts, max_length)
    known = _recall(path)
    if known is not None and len(known) == len(texts):
        return known
    found = _encoded(saved, texts, max_length)
    _remember(path, found)
    return found


def _encoded(saved: SavedTokenizer, texts: Sequence[str], max_length: int) -> list[list[int]]:
    return [entry.ids for entry in saved.encode(texts, max_length)]


def _key(saved: SavedTokenizer, texts: Sequence[str], max_length: int) -> str:
    digest = hashlib.sha256(f"{saved.sha256} {max_length} {library_versions()['tokenizers']}".encode())
    for text in texts:
        content = text.encode("utf-8", "surrogatepass")
        digest.update(len(content).to_bytes(8, "little") + content)
    return digest.hexdigest()


def _recall(path: Path) -> list[list[int]] | None:
    """Read an entry; None when there is none, or when it is damaged: then it is removed."""
    try:
        content = path.read_bytes()
    except OSError:
        return None
    digest, rest = content[:_DIGEST_BYTES], content[_DIGEST_BYTES:]
    try:
        if hashlib.sha256(rest).digest() == digest:
            os.utime(path)
            return _unpacked(rest)
        path.unlink(missing_ok=True)
    except OSError:  # the disk is read-only: what was read is whole, or made anew
        pass
    return None


def _remember(path: Path, found: list[list[int]]) -> None:
    content = _packed(found)
    if len(content) > ENTRY_LIMIT:
        return
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_bytes(hashlib.sha256(content).digest() + content)
        partial.replace(path)
    except OSError:  # a full or read-only disk costs time, not the grade
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)
        return
    prune(path.parent, "*", ENTRIES)


def _packed(found: list[list[int]]) -> bytes:
    """How many texts, how many tokens each has, and all tokens, as 32-bit numbers."""
    import numpy as np

    numbers: list[int] = [len(found), *map(len, found)]
    for tokens in found:
        numbers += tokens
    return np.array(numbers, dtype="<i4").tobytes()


def _unpacked(content: bytes) -> list[list[int]]:
    import numpy as np

    numbers = np.frombuffer(content, dtype="<i4")
    count = int(numbers[0])
    ends = (1 + count + np.cumsum(numbers[1 : 1 + count])).tolist()
    values: list[int] = numbers.tolist()
    return [values[start:end] for start, end in zip([1 + count, *ends], ends, strict=False)]
