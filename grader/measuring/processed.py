"""Measures a cleaned, split and tokenised data set against its source: rows, labels, splits, statistics."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from grader.measuring.cleaning import REASONS, CleanRows, clean_rows, source_batches, source_files
from grader.measuring.inputs import MeasuringInputs
from grader.measuring.shards import Split, list_lengths, open_splits
from grader.measuring.sources import option
from grader.model.lab import MeasurementSpec

if TYPE_CHECKING:
    import numpy as np

_EXAMPLES = 5


@dataclass(frozen=True)
class Stored:
    """One split as it was read, the text of it left aside."""

    ids: tuple[str, ...]
    rows: "np.ndarray[Any, Any]"
    """Row number in the source, -1 for an id that it does not have."""
    labels: "np.ndarray[Any, Any]"
    lengths: "np.ndarray[Any, Any]"


def processed_rows(spec: MeasurementSpec, inputs: MeasuringInputs) -> dict[str, Any]:
    """Compare the rows of a processed data set with those that the rules keep of its source.

    Args:
        spec: artifacts = [folder], bases with the data set; options `folder`, `rows`, `labels`, `garbled`, `longest`,
            `seed` and `test_share` of the split.
        inputs: where things are.

    Returns:
        rows_in, clean, dropped {reason: rows}; missing, unknown, repeated (within a split), wrongly_kept {reason:
        rows}, examples {missing, unknown}; shared_ids and shared_texts (on both sides); compared and wrong_labels,
        flipped (every label the other one); positive_share of the clean rows; misplaced (clean rows in the other split
        than the seed puts them); splits {name: rows, labels, positive_share, tokens {p50, p95, max}}.

    Raises:
        SubmissionFault: GR314, GR315, the shards cannot be opened.
    """
    import numpy as np

    rows = option(spec, "rows", 0)
    shards = open_splits(inputs.artifacts, spec.artifacts[0], 2 * rows)
    clean = clean_rows(spec, inputs)
    numbers = _numbers(spec, inputs, rows)
    splits = {name: _stored(split, numbers) for name, split in shards.items()}
    both = np.concatenate([stored.rows for stored in splits.values()])
    known = both[both >= 0]
    present = np.zeros(len(clean.codes), bool)
    present[known] = True
    missing = np.flatnonzero(clean.kept & ~present)
    names = list(numbers)
    unknown = [name for stored in splits.values() for name in _unknown(stored)]
    return {
        "rows_in": len(clean.codes),
        "clean": int(clean.kept.sum()),
        "dropped": clean.dropped(),
        "missing": len(missing),
        "unknown": len(unknown),
        "repeated": sum(len(stored.ids) - len(set(stored.ids)) for stored in splits.values()),
        "wrongly_kept": _wrongly_kept(clean, present),
        "examples": {"missing": [names[at] for at in missing[:_EXAMPLES]], "unknown": unknown[:_EXAMPLES]},
        **_overlap(splits, clean),
        **_labels(splits, clean),
        "positive_share": float(clean.codes[clean.kept].mean()),
        "misplaced": _misplaced(splits, clean, option(spec, "seed", 0), option(spec, "test_share", 0.0)),
        "splits": {name: _described(stored) for name, stored in splits.items()},
    }


def _numbers(spec: MeasurementSpec, inputs: MeasuringInputs, rows: int) -> dict[str, int]:
    ids = (name for (part,) in source_batches(source_files(spec, inputs), ("id",), rows) for name in part)
    return {name: number for number, name in enumerate(ids)}


def _stored(split: Split, numbers: Mapping[str, int]) -> Stored:
    import numpy as np

    ids: list[str] = []
    labels: list[Any] = []
    lengths: list[Any] = []
    for batch in split.columns("id", "label", "input_ids"):
        ids += batch.column("id").to_pylist()
        labels.append(batch.column("label").to_numpy(zero_copy_only=False))
        lengths.append(list_lengths(batch.column("input_ids")))
    found = np.array([numbers.get(name, -1) for name in ids], np.int64)
    empty = [np.zeros(0, np.int64)]
    return Stored(tuple(ids), found, np.concatenate(labels or empty), np.concatenate(lengths or empty))


def _unknown(stored: Stored) -> list[str]:
    names = [name for name, row in zip(stored.ids, stored.rows, strict=True) if row < 0]
    return ["".join(char if char.isprintable() else "?" for char in name[:40]) for name in names]


def _wrongly_kept(clean: CleanRows, present: "np.ndarray[Any, Any]") -> dict[str, int]:
    return {name: int((present & (clean.codes == 2 + at)).sum()) for at, name in enumerate(REASONS)}


def _overlap(splits: Mapping[str, Stored], clean: CleanRows) -> dict[str, int]:
    """Rows of the test split that are in the training split, by id and by the words of their text."""
    import numpy as np

    train, test = (np.unique(splits[name].rows[splits[name].rows >= 0]) for name in ("train", "test"))
    seen = np.unique(clean.keys[train])
    return {
        "shared_ids": len(np.intersect1d(train, test)),
        "shared_texts": int(np.isin(clean.keys[test], seen).sum()),
    }


def _labels(splits: Mapping[str, Stored], clean: CleanRows) -> dict[str, Any]:
    """Labels of the rows that the rules keep, beside those of the source."""
    import numpy as np

    rows = np.concatenate([stored.rows for stored in splits.values()])
    stated = np.concatenate([stored.labels for stored in splits.values()])
    judged = (rows >= 0) & clean.kept[rows]
    ours, theirs = clean.codes[rows[judged]], stated[judged]
    wrong = int((ours != theirs).sum())
    flipped = len(ours) > 0 and bool((theirs == 1 - ours).mean() > 0.9)
    return {"compared": len(ours), "wrong_labels": wrong, "flipped": flipped}


def _misplaced(splits: Mapping[str, Stored], clean: CleanRows, seed: int, share: float) -> int:
    """Clean rows that are not where `Dataset.train_test_split` puts them with this seed."""
    import numpy as np

    rows = np.flatnonzero(clean.kept)
    expected = np.zeros(len(clean.codes), bool)
    expected[rows[_test_rows(clean.codes[rows], seed, share)]] = True
    there = {name: np.zeros(len(clean.codes), bool) for name in splits}
    for name, stored in splits.items():
        there[name][stored.rows[stored.rows >= 0]] = True
    right = np.where(expected, there["test"], there["train"])
    return int((clean.kept & (there["test"] | there["train"]) & ~right).sum())


def _test_rows(labels: "np.ndarray[Any, Any]", seed: int, share: float) -> "np.ndarray[Any, Any]":
    """The rows that `Dataset.train_test_split` draws for the test split.

    Its own draw is called without the table around it, which would be read row by row: seconds for nothing.
    """
    import numpy as np
    from datasets.utils.stratify import stratified_shuffle_split_generate_indices as draw

    count = math.ceil(share * len(labels))
    draws: Any = draw(labels.astype(np.int64), len(labels) - count, count, np.random.default_rng(seed))
    return next(draws)[1]


def _described(stored: Stored) -> dict[str, Any]:
    import numpy as np

    count = len(stored.ids)
    lengths = stored.lengths if count else np.zeros(1)
    return {
        "rows": count,
        "labels": {str(label): int((stored.labels == label).sum()) for label in (0, 1)},
        "positive_share": float((stored.labels == 1).mean()) if count else 0.0,
        "tokens": {
            "p50": float(np.percentile(lengths, 50)),
            "p95": float(np.percentile(lengths, 95)),
            "max": int(lengths.max()),
        },
        "padding": {how: _padding(lengths, how) for how in ("dynamic", "sorted")},
        "positions": int(lengths.sum()),
    }


def _padding(lengths: "np.ndarray[Any, Any]", how: str, batch: int = 32) -> float:
    """The share of padding when batches are filled up to their longest row."""
    import numpy as np

    ordered = np.sort(lengths) if how == "sorted" else lengths
    starts = np.arange(0, len(ordered), batch)
    sizes = np.diff(np.append(starts, len(ordered)))
    places = float((np.maximum.reduceat(ordered, starts) * sizes).sum())
    return 1 - float(ordered.sum()) / places if places else 0.0
