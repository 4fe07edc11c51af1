"""Texts to compare two models or tokenizers on: real ones when the measurement names some, else made from words."""

import random
from typing import Any, cast

from grader.artifacts.json_file import parse_json, read_bytes
from grader.measuring.inputs import MeasuringInputs
from grader.measuring.sources import dataset_base, model_base, ours
from grader.measuring.texts import labelled_texts
from grader.model.lab import MeasurementSpec

_LIMIT = 24 * 1024**2
_EXTRAS = ("It’s", "CAFÉ", "naïve", "(really?)", "1,000", "don't", "unfathomable", "re-watch", "…")


def sample_texts(spec: MeasurementSpec, inputs: MeasuringInputs, count: int) -> tuple[str, ...]:
    """Return some texts, the same every time.

    Args:
        spec: with data or a data set, texts are taken from there; otherwise they are made of words of the base's
            vocabulary, with capitals, accents and punctuation among them.
        inputs: where these are.
        count: the most texts to return.

    Returns:
        Up to `count` texts.

    Raises:
        InternalFault: GR504, a file of ours cannot be read.
    """
    if spec.data or dataset_base(spec, inputs) is not None:
        return labelled_texts(spec, inputs).texts[:count]
    name = "tokenizer.json"
    with ours("the vocabulary of the base"):
        parts = cast("dict[str, Any]", parse_json(read_bytes(model_base(spec, inputs), name, _LIMIT), name))
    vocabulary = cast("dict[str, int]", parts["model"]["vocab"])
    words = sorted(word for word in vocabulary if word.isalpha())
    # a sample need not be secret, it must be the same every time
    generator = random.Random(count)  # noqa: S311
    return tuple(_sentence(words, generator) for _ in range(count))


def _sentence(words: list[str], generator: random.Random) -> str:
    chosen = generator.choices(words, k=generator.randint(4, 24))
    chosen.insert(generator.randrange(len(chosen)), generator.choice(_EXTRAS))
    return " ".join(chosen).capitalize() + "."
