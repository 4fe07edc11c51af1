"""Finds the numbers that a model card states: hyper-parameters by name, and metrics in metadata and tables."""

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from upload_card import Section

METRICS = ("accuracy", "precision", "recall", "f1")
#: Key of training_args.json -> how a card may call it.
PROCEDURE = {
    "learning_rate": r"learning[ _-]?rate|\blr\b|step size",
    "epochs": r"epochs?",
    "batch_size": r"batch[ _-]?size|batches of",
    "train_rows": r"\brows\b|reviews|examples|samples",
    "weight_decay": r"weight[ _-]?decay",
    "max_length": r"\b(maximum|max)[ _.-]?length|tokens",
    "seed": r"\bseed\b",
}
_NUMBER = re.compile(r"(?<![\w.])\d[\d,]*(?:\.\d+)?(?:e[+-]?\d+)?(?!\w)", re.IGNORECASE)
#: Characters before and after a name within which its number stands.
_BEFORE, _AFTER = 25, 45
#: Rows of a table of several models or slices that speak of the whole test split.
_WHOLE = re.compile(r"test|all|overall|total|whole", re.IGNORECASE)


@dataclass(frozen=True)
class Claim:
    """One metric as a card states it."""

    metric: str
    value: object
    """A share; what is no number stays as it is."""
    where: str


def stated(sections: Iterable[Section], name: str) -> list[float]:
    """Every number that stands close to a name, in one paragraph, list item or row."""
    pattern = re.compile(PROCEDURE[name], re.IGNORECASE)
    lines = [" ".join(line.split()) for section in sections for line in section.lines]
    near = [line[max(0, at.start() - _BEFORE) : at.end() + _AFTER] for line in lines for at in pattern.finditer(line)]
    return [number for text in near for number in numbers(text)]


def numbers(text: str) -> list[float]:
    """The numbers of a text, thousands separators taken out."""
    return [float(found.replace(",", "")) for found in _NUMBER.findall(text)]


def indexed(metadata, dataset: str, split: str) -> tuple[list[Claim], list[str]]:
    """The metrics of the `model-index` for a split of a data set, and what else it speaks of.

    Returns:
        Claims, and one description of each result that is for other data or cannot be read.
    """
    from huggingface_hub.repocard_data import model_index_to_eval_results

    index = metadata.get("model-index")
    if not index:
        return [], []
    try:
        _, results = model_index_to_eval_results(index)
    except Exception as exc:  # whatever the library raises over a model-index that somebody wrote
        return [], [f"an entry that cannot be read ({type(exc).__name__})"]
    claims, others = [], []
    for result in results:
        if str(result.dataset_type).lower() == dataset.lower() and str(result.dataset_split).lower() == split:
            claims.append(Claim(_metric(result.metric_type), _share(result.metric_value), "model-index"))
        else:
            others.append(f"{result.dataset_type}, split {result.dataset_split or 'not named'}"[:120])
    return claims, others


def tabled(section: Section) -> list[Claim]:
    """The metrics in the tables of a section: one in a row, or one in a column."""
    return [claim for table in section.tables if table for claim in (*_by_row(table), *_by_column(table))]


def _by_row(table: Sequence[Sequence[str]]) -> Iterator[Claim]:
    for row in table[1:]:
        metric = _metric(row[0]) if row else ""
        values = [cell for cell in row[1:] if numbers(cell)]
        if metric in METRICS and values:
            yield Claim(metric, _share(values[0]), "table")


def _by_column(table: Sequence[Sequence[str]]) -> Iterator[Claim]:
    header, *rows = table
    whole = rows if len(rows) == 1 else [row for row in rows if row and _WHOLE.search(row[0])][:1]
    for row in whole:
        for name, cell in zip(header, row, strict=False):
            if _metric(name) in METRICS and numbers(cell):
                yield Claim(_metric(name), _share(cell), "table")


def _metric(name: object) -> str:
    """The name of a metric without marks: `**Accuracy**`, `F1-score` and `test_f1` are accuracy and f1."""
    words = re.findall(r"[a-z]+1?", str(name).lower())
    return next((metric for metric in METRICS if metric in words), " ".join(words))


def _share(value: object) -> object:
    """A stated value as a share: `93.4 %` and 93.4 are 0.934."""
    if isinstance(value, str):
        found = numbers(value)
        if not found:
            return value
        return found[0] / 100 if "%" in value or found[0] > 1 else found[0]
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return value
    return value / 100 if 1 < value <= 100 else value
