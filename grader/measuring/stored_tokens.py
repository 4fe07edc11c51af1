"""Measures the tokens of a processed data set: some rows tokenised again, and what that costs in batches and alone."""

import random
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from grader.errors import InternalFault
from grader.measuring.cleaning import clean_text, source_batches, source_files
from grader.measuring.inputs import MeasuringInputs
from grader.measuring.shards import Split, list_lengths, open_splits
from grader.measuring.sources import model_base, option
from grader.model.lab import MeasurementSpec

_BATCH = 1_000


def processed_tokens(spec: MeasurementSpec, inputs: MeasuringInputs) -> dict[str, Any]:
    """Tokenise some stored rows again and compare.

    A fifth of the sample are the longest rows: only they show how a text is cut off.

    Args:
        spec: artifacts = [folder], bases with the data set and the model; options `folder`, `rows`, `sample`,
            `max_length`.
        inputs: where things are.

    Returns:
        compared, equal, padded (rows with filled places), cut (a shorter beginning of the right ids), too_long,
        other_ids (right length, other ids), unknown (ids of rows that the source does not have), masks_wrong, longest
        (tokens of the longest stored row).

    Raises:
        SubmissionFault: GR314, GR315, the shards cannot be opened.
    """
    rows, count = option(spec, "rows", 0), option(spec, "sample", 0)
    splits = open_splits(inputs.artifacts, spec.artifacts[0], 2 * rows)
    sample = _sample(splits, count)
    texts = _texts(spec, inputs, rows, {row["id"] for row in sample})
    known = [row for row in sample if row["id"] in texts]
    encode = _encoder(spec, inputs)
    right = encode([texts[row["id"]] for row in known])
    verdicts = [_verdict(row["input_ids"], ids) for row, ids in zip(known, right, strict=True)]
    names = ("equal", "padded", "cut", "too_long", "other_ids")
    masks = [row["attention_mask"] != [1] * len(row["input_ids"]) for row in known]
    return {
        "compared": len(known),
        "unknown": len(sample) - len(known),
        **{name: verdicts.count(name) for name in names},
        "masks_wrong": sum(masks),
        "longest": max((len(row["input_ids"]) for row in sample), default=0),
    }


def first_rows(spec: MeasurementSpec, inputs: MeasuringInputs) -> dict[str, Any]:
    """Read what a data set begins with.

    Args:
        spec: bases with the data set; options `folder` and `count`.
        inputs: where it is.

    Returns:
        rows (id, text and label of each) and bytes (of all its files).
    """
    files, count = source_files(spec, inputs), option(spec, "count", 0)
    batches = source_batches(files, ("id", "text", "label"), count)
    rows = [list(row) for columns in batches for row in zip(*columns, strict=True)]
    return {"rows": rows, "bytes": sum(path.stat().st_size for path in files)}


def tokenizing_speed(spec: MeasurementSpec, inputs: MeasuringInputs) -> dict[str, Any]:
    """Measure what `Dataset.map` costs on this machine, in batches and row by row.

    Args:
        spec: bases with the data set and the model; options `folder`, `sample` and `max_length`.
        inputs: where things are.

    Returns:
        rows; batched and row_by_row: microseconds of CPU time per row; times: how often more row by row.
    """
    from datasets import Dataset, disable_caching, disable_progress_bars

    disable_progress_bars()
    disable_caching()
    count = option(spec, "sample", 0)
    texts = [
        clean_text(raw) for (part,) in source_batches(source_files(spec, inputs), ("text",), count) for raw in part
    ]
    table = Dataset.from_dict({"text": texts})
    encode = _encoder(spec, inputs)

    def batch(rows: Mapping[str, list[str]]) -> dict[str, Any]:
        ids = encode(rows["text"])
        return {"input_ids": ids, "attention_mask": [[1] * len(row) for row in ids]}

    def single(row: Mapping[str, str]) -> dict[str, Any]:
        ids = encode([row["text"]])[0]
        return {"input_ids": ids, "attention_mask": [1] * len(ids)}

    costs = {
        "batched": _cpu(lambda: table.map(batch, batched=True, batch_size=_BATCH, remove_columns=["text"])),
        "row_by_row": _cpu(lambda: table.map(single, remove_columns=["text"])),
    }
    each = {name: round(1e6 * seconds / len(texts), 1) for name, seconds in costs.items()}
    return {"rows": len(texts), **each, "times": round(each["row_by_row"] / max(each["batched"], 0.1), 2)}


def _cpu(work: Callable[[], object]) -> float:
    """The CPU time of one thing, the better of two tries: the first one pays for what is loaded late."""
    tries: list[float] = []
    for _ in range(2):
        before = time.process_time()
        work()
        tries.append(time.process_time() - before)
    return min(tries)


def _encoder(spec: MeasurementSpec, inputs: MeasuringInputs) -> Callable[[Sequence[str]], list[list[int]]]:
    """A function that turns texts into ids, by the tokenizer's own file."""
    from tokenizers import Tokenizer

    path = model_base(spec, inputs) / "tokenizer.json"
    if not path.is_file():
        raise InternalFault("GR504", f"{path.parent.name} has no tokenizer.json.")
    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.no_padding()
    tokenizer.enable_truncation(option(spec, "max_length", 0))

    def encode(texts: Sequence[str]) -> list[list[int]]:
        return [list(row.ids) for row in tokenizer.encode_batch(list(texts))]

    return encode


def _verdict(stored: list[int], right: list[int]) -> str:
    if stored == right:
        return "equal"
    if len(stored) > len(right):
        return "padded" if stored[: len(right)] == right and len(set(stored[len(right) :])) == 1 else "too_long"
    if len(stored) < len(right):
        return "cut" if stored[:-1] == right[: max(len(stored) - 1, 0)] else "other_ids"
    return "other_ids"


def _sample(splits: Mapping[str, Split], count: int) -> list[dict[str, Any]]:
    """Rows of both splits, the same ones every time: by chance, and the longest of all."""
    import numpy as np

    lengths = {name: _lengths(split) for name, split in splits.items()}
    rows = sum(map(len, lengths.values()))
    generator = random.Random(count)  # noqa: S311  a sample need not be secret, it must be the same every time
    chosen = set(generator.sample(range(rows), min(count - count // 5, rows)))
    everything = np.concatenate(list(lengths.values()))
    chosen |= {int(at) for at in np.argsort(-everything, kind="stable")[: count // 5]}
    found: list[dict[str, Any]] = []
    start = 0
    for split in splits.values():
        for batch in split.columns("id", "input_ids", "attention_mask"):
            wanted = sorted(at - start for at in chosen if start <= at < start + len(batch))
            found += batch.take(_indices(wanted)).to_pylist() if wanted else []
            start += len(batch)
    return found


def _indices(wanted: list[int]) -> Any:
    import pyarrow as pa

    return pa.array(wanted, pa.int64())


def _lengths(split: Split) -> Any:
    import numpy as np

    parts = [list_lengths(batch.column("input_ids")) for batch in split.columns("input_ids")]
    return np.concatenate(parts) if parts else np.zeros(0, np.int64)


def _texts(spec: MeasurementSpec, inputs: MeasuringInputs, rows: int, wanted: set[str]) -> dict[str, str]:
    """The cleaned texts of some rows of the source."""
    batches = source_batches(source_files(spec, inputs), ("id", "text"), rows)
    return {
        name: clean_text(text)
        for names, texts in batches
        for name, text in zip(names, texts, strict=True)
        if name in wanted
    }
