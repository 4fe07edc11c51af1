"""A small source with every kind of dirt, and an honest processed data set made of it."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from datasets import ClassLabel, Dataset, Features, Value
from tokenizers import Tokenizer

from grader.measuring.inputs import MeasuringInputs
from grader.model.lab import MeasurementSpec
from tests.fakes import tiny_models

BASE, DATASET = "google-bert/bert-base-uncased", "datasets/stanfordnlp/imdb"
ROWS, SEED, SHARE, LIMIT = 400, 5, 0.1, 8
OPTIONS: dict[str, Any] = {
    "folder": "large",
    "rows": ROWS,
    "labels": {"0": 0, "1": 1, "negative": 0, "positive": 1},
    "garbled": ["â€", "\ufffd"],
    "longest": 30,
    "seed": SEED,
    "test_share": SHARE,
    "max_length": LIMIT,
    "sample": 50,
}
DIRT = {
    3: ("the film 2 was good was good", "0"),  # words of row 2
    5: ("THE film  2 was good; was good!", "1"),  # the same, nearly
    8: ("fine", "n/a"),
    9: ("a â€œfineâ€ film", "1"),
    12: (" <br /> ", "0"),
    15: (" ".join(["film"] * 31), "1"),
    20: ("<p>good &amp; great</p>", "positive"),
}
KEPT_TEXT = {20: "good & great"}


def source_rows() -> list[tuple[str, str, str]]:
    """Id, text and label of every row."""
    plain = [(f"the film {number}" + " was good" * (number % 4), str(number % 2)) for number in range(ROWS)]
    rows = [DIRT.get(number, row) for number, row in enumerate(plain)]
    return [(f"r{number:06d}", *row) for number, row in enumerate(rows)]


def clean() -> list[tuple[str, str, int]]:
    """Id, text and label of the rows that the rules keep."""
    dropped = {3, 5, 8, 9, 12, 15}
    labels = OPTIONS["labels"]
    return [
        (name, KEPT_TEXT.get(number, text), labels[label])
        for number, (name, text, label) in enumerate(source_rows())
        if number not in dropped
    ]


def write_place(root: Path) -> MeasuringInputs:
    """Write source, tokenizer and processed data set below a folder."""
    source = root / "imdb" / "large"
    source.mkdir(parents=True)
    names, texts, labels = (list(column) for column in zip(*source_rows(), strict=True))
    for shard in range(2):
        part = slice(shard * ROWS // 2, (shard + 1) * ROWS // 2)
        table = pa.table({"id": names[part], "text": texts[part], "label": labels[part]})
        pq.write_table(table, source / f"train-{shard:05d}-of-00002.parquet", row_group_size=50)
    (root / "base").mkdir()
    tiny_models.write_tokenizer(root / "base")
    write_processed(root / "artifacts" / "processed", root / "base")
    return inputs(root)


def inputs(root: Path) -> MeasuringInputs:
    """What is measured, as it lies there now."""
    return tiny_models.inputs_for(root, {BASE: root / "base", DATASET: root / "imdb"})


def spec(measure: str, *artifacts: str, **options: Any) -> MeasurementSpec:
    """One of the measurements."""
    return MeasurementSpec("it", measure, artifacts, (DATASET, BASE), (), {**OPTIONS, **options})


def write_processed(folder: Path, base: Path) -> None:
    """Split and tokenise the clean rows, as an honest notebook does."""
    folder.mkdir(parents=True)
    names, texts, labels = (list(column) for column in zip(*clean(), strict=True))
    features = Features({"id": Value("string"), "text": Value("string"), "label": ClassLabel(names=["neg", "pos"])})
    table = Dataset.from_dict({"id": names, "text": texts, "label": labels}, features)
    splits = table.train_test_split(test_size=SHARE, seed=SEED, stratify_by_column="label")
    tokenizer = Tokenizer.from_file(str(base / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(LIMIT)
    for name, count in (("train", 2), ("test", 1)):
        found = splits[name]
        ids = [tokenizer.encode(text).ids for text in found["text"]]
        whole = pa.table(
            {
                "id": list(found["id"]),
                "label": list(found["label"]),
                "input_ids": ids,
                "attention_mask": [[1] * len(row) for row in ids],
            }
        )
        size = -(-len(whole) // count)
        for shard in range(count):
            pq.write_table(whole.slice(shard * size, size), folder / f"{name}-{shard:05d}-of-{count:05d}.parquet")


def rewrite(path: Path, **columns: Any) -> None:
    """Put other columns into a shard."""
    table = pq.read_table(path, partitioning=None)
    for name, values in columns.items():
        table = table.set_column(table.column_names.index(name), name, values)
    pq.write_table(table, path)
