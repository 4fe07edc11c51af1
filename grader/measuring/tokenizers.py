"""Loads tokenizer.json by an allow-list of its parts, and compares a saved tokenizer with that of the base."""

import contextlib
import hashlib
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from grader.artifacts.json_file import parse_json, read_bytes, read_json_file
from grader.artifacts.locate import exists, find_folder
from grader.errors import SubmissionFault
from grader.measuring.inputs import MeasuringInputs
from grader.measuring.samples import sample_texts
from grader.measuring.sources import model_base, ours
from grader.model.lab import MeasurementSpec

if TYPE_CHECKING:
    from tokenizers import Encoding, Tokenizer

#: Bytes of a tokenizer.json; that of BERT has 0.7 MB.
TOKENIZER_LIMIT = 24 * 1024**2
#: Texts on which two tokenizers are compared.
SAMPLE = 200
#: Lengths above this mean that the file states none.
LENGTH_LIMIT = 1_000_000
#: Parts of one kind, and special tokens around a text. BERT has three parts at most and two tokens; every one is worked
#: through for every text, and a file could name a hundred thousand.
MOST_PARTS = 16
#: Largest numbers of the model, with those of BERT: the time for a word grows with both.
_MOST_LETTERS = 200  # 100
_LONGEST_PREFIX = 16  # 2

#: Parts without patterns or scripts: a regular expression in a hostile file could run for hours.
_ALLOWED = {
    "model": {"WordPiece"},
    "normalizer": {"BertNormalizer", "Lowercase", "NFD", "NFC", "NFKC", "NFKD", "StripAccents", "Strip", "Sequence"},
    "pre_tokenizer": {"BertPreTokenizer", "Whitespace", "WhitespaceSplit", "Punctuation", "Sequence"},
    "post_processor": {"TemplateProcessing", "BertProcessing", "Sequence"},
}


@dataclass(frozen=True)
class SavedTokenizer:
    """A tokenizer as its files describe it."""

    tokenizer: "Tokenizer"
    parts: dict[str, Any]
    """tokenizer.json, parsed."""
    vocabulary: int
    """Number of tokens, added ones included."""
    largest_id: int
    sha256: str
    """Of the file tokenizer.json."""
    max_length: int | None
    """What tokenizer_config.json states; None when it states none."""

    def encode(self, texts: Sequence[str], max_length: int | None = None) -> "list[Encoding]":
        """Turn texts into tokens, special ones included.

        Args:
            texts: what to encode.
            max_length: tokens to keep; all when None.

        Returns:
            One encoding per text.

        Raises:
            SubmissionFault: GR315, the tokenizer fails: its special tokens are missing or leave no room for a text.
        """
        with _refusing("tokenizer.json"):
            if max_length is not None:
                self.tokenizer.enable_truncation(max_length)
            encoded = self.tokenizer.encode_batch(list(texts))
        # the library does not cut where special tokens alone are more than may be kept
        if max_length is not None and any(len(entry) > max_length for entry in encoded):
            raise _unsuitable("tokenizer.json", f"its special tokens leave no room for a text within {max_length}")
        return encoded


def load_tokenizer(root: Path, folder: str) -> SavedTokenizer:
    """Load the tokenizer of a model folder.

    Args:
        root: the folder of collected artifacts, or of a base.
        folder: POSIX path below it; empty for the folder itself.

    Returns:
        The tokenizer, without padding or truncation.

    Raises:
        SubmissionFault: GR314, tokenizer.json is missing; GR315, it cannot be used.
    """
    from tokenizers import Tokenizer

    name = f"{folder}/tokenizer.json" if folder else "tokenizer.json"
    data = read_bytes(root, name, TOKENIZER_LIMIT)
    parts = parse_json(data, name)
    if not isinstance(parts, dict):
        raise _unsuitable(name, "it holds no object")
    parts = cast("dict[str, Any]", parts)
    _check_parts(parts, name)
    with _refusing(name):
        tokenizer = Tokenizer.from_buffer(data)
    tokenizer.no_padding()
    tokenizer.no_truncation()
    digest = hashlib.sha256(data).hexdigest()
    ids = tokenizer.get_vocab(with_added_tokens=True)
    _check_special_tokens(tokenizer, set(ids.values()), name)
    return SavedTokenizer(
        tokenizer, parts, len(ids), max(ids.values(), default=0), digest, _stated_length(root, folder)
    )


def tokenizer_agreement(spec: MeasurementSpec, inputs: MeasuringInputs) -> dict[str, Any]:
    """Compare the saved tokenizer with that of the base.

    Args:
        spec: artifacts = [model folder], bases = [base model].
        inputs: the run's artifacts and the base.

    Returns:
        equal (same vocabulary, normalisation, splitting and special tokens), differing (what differs, in words),
        sample_disagreements (texts of `n` that become other tokens), n, vocabulary, base_vocabulary (numbers of
        tokens), max_length (stated by the saved tokenizer; None when it states none).

    Raises:
        SubmissionFault: GR314, a file is missing; GR315, it cannot be used.
    """
    folder = spec.artifacts[0]
    find_folder(inputs.artifacts, folder)
    theirs = load_tokenizer(inputs.artifacts, folder)
    base = model_base(spec, inputs)
    with ours("the tokenizer of the base"):
        base_tokenizer = load_tokenizer(base, "")
    texts = sample_texts(spec, inputs, SAMPLE)
    pairs = zip(theirs.encode(texts), base_tokenizer.encode(texts), strict=True)
    apart = sum(their.tokens != our.tokens for their, our in pairs)
    differing = _differing(theirs.parts, base_tokenizer.parts)
    return {
        "equal": not differing and not apart,
        "differing": differing,
        "sample_disagreements": apart,
        "n": len(texts),
        "vocabulary": theirs.vocabulary,
        "base_vocabulary": base_tokenizer.vocabulary,
        "max_length": theirs.max_length,
    }


def _check_parts(parts: dict[str, Any], name: str) -> None:
    """Refuse parts that could run for hours or fill the memory, before any of them is made."""
    for part, allowed in _ALLOWED.items():
        found = _flat(parts.get(part))
        strange = sorted({str(entry.get("type", "none")) for entry in found} - allowed)
        if strange:
            raise _unsuitable(name, f"its {part} is of the kind {strange[0][:40]!r}")
        if len(found) > MOST_PARTS:
            raise _unsuitable(name, f"its {part} has {len(found):,} parts")
        if any(_repeats_text(entry) for entry in found):
            raise _unsuitable(name, f"its {part} puts a text in more than once")
    model = cast("dict[str, Any]", parts.get("model") or {})
    letters, prefix = model.get("max_input_chars_per_word"), model.get("continuing_subword_prefix")
    if isinstance(letters, int) and letters > _MOST_LETTERS:
        raise _unsuitable(name, f"its `max_input_chars_per_word` is more than {_MOST_LETTERS}")
    if isinstance(prefix, str) and len(prefix) > _LONGEST_PREFIX:
        raise _unsuitable(name, f"its `continuing_subword_prefix` has more than {_LONGEST_PREFIX} letters")


def _flat(part: Any) -> list[dict[str, Any]]:
    """A part and the parts inside it."""
    if not isinstance(part, dict):
        return []
    entry = cast("dict[str, Any]", part)
    found = [entry]
    for inner in ("normalizers", "pretokenizers", "processors"):
        below = entry.get(inner)
        for part_below in cast("list[Any]", below) if isinstance(below, list) else []:
            found += _flat(part_below)
    return found


def _repeats_text(part: dict[str, Any]) -> bool:
    """Whether a template names the text twice: fifty times in a file of three kilobytes filled any memory."""
    single = part.get("single")
    pieces = cast("list[Any]", single) if isinstance(single, list) else []
    return sum("Sequence" in piece for piece in pieces if isinstance(piece, dict)) > 1


def _check_special_tokens(tokenizer: "Tokenizer", known: set[int], name: str) -> None:
    """Refuse tokens around a text that a model cannot have: an id in a template need not be in the vocabulary."""
    with _refusing(name):
        count = tokenizer.num_special_tokens_to_add(is_pair=False)
        around = tokenizer.encode("").ids if count <= MOST_PARTS else []
    if count > MOST_PARTS:
        raise _unsuitable(name, f"it puts {count:,} special tokens around a text")
    strange = sorted(set(around) - known)
    if strange:
        raise _unsuitable(name, f"its special token {strange[0]} is no token of its vocabulary")


def _stated_length(root: Path, folder: str) -> int | None:
    name = f"{folder}/tokenizer_config.json" if folder else "tokenizer_config.json"
    if not exists(root, name):
        return None
    config = read_json_file(root, name)
    value = cast("dict[str, Any]", config).get("model_max_length") if isinstance(config, dict) else None
    # a tokenizer without a limit states 10^30
    return value if type(value) is int and 0 < value <= LENGTH_LIMIT else None


def _differing(theirs: dict[str, Any], ours_: dict[str, Any]) -> list[str]:
    """What differs, in words; padding and truncation are set at every call and do not count."""
    words = {
        "normalizer": "normalisation (case, accents)",
        "pre_tokenizer": "splitting into words",
        "post_processor": "special tokens around a text",
        "added_tokens": "special tokens",
    }
    vocabularies = [cast("dict[str, Any]", parts.get("model") or {}).get("vocab") for parts in (theirs, ours_)]
    found = ["vocabulary"] if vocabularies[0] != vocabularies[1] else []
    return found + [word for part, word in words.items() if theirs.get(part) != ours_.get(part)]


@contextlib.contextmanager
def _refusing(name: str) -> Generator[None]:
    """Blame the file for whatever the library raises over it.

    It raises bare Exception, and where its Rust code panics something that is no Exception at all: were that let
    through, a student could turn a check into a fault of ours with two edited lines.
    """
    try:
        yield
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as exc:
        raise _unsuitable(name, str(exc)[:200]) from exc


def _unsuitable(name: str, why: str) -> SubmissionFault:
    return SubmissionFault("GR315", f"{name} cannot be used: {why}.", "Save the tokenizer of the base model.")
