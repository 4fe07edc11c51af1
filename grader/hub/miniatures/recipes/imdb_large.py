"""A large and dirty collection of film reviews: enough rows that memory mapping and streaming matter.

Every row has an id. The dirt is of known kinds and rates: exact and near duplicates, empty texts, labels that are words
or out of range, markup, mojibake, a few over-long texts. Labels are text, because some are not numbers.
"""

import json
import random
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as pc

from grader.hub.miniatures.dice import dice, pick
from grader.hub.miniatures.order import Figures, Order
from grader.hub.miniatures.tables import value, write_parquet
from grader.hub.miniatures.text.grammar import reviews

ROWS, SHARDS, TWIN_ROWS = 400_000, 8, 20_000
FEATURES = {"id": value("string"), "text": value("string"), "label": value("string")}
Row = tuple[str, str]
"""A text and its label as it is written."""
ROW_GROUP = 5_000


def build(order: Order) -> Figures:
    """Write the shards of the configuration `large`, and twins of the first rows as JSONL and CSV.

    Args:
        order: parameters `rows` and `shards` where other sizes are wanted.

    Returns:
        `rows_large`, and `dirty_share`: rows of which something is wrong.
    """
    rows = order.parameters.get("rows", ROWS)
    shards = order.parameters.get("shards", SHARDS)
    dirty = 0
    source = dirty_reviews()
    for shard in range(shards):
        found = list(islice(source, rows // shards))
        dirty += sum(spoiled for *_, spoiled in found)
        table = pa.table(
            {
                "id": [f"r{shard * (rows // shards) + at:06d}" for at in range(len(found))],
                "text": [text for text, *_ in found],
                "label": [label for _, label, _ in found],
            }
        )
        write_parquet(table, FEATURES, order.folder / f"large/train-{shard:05d}-of-{shards:05d}.parquet", ROW_GROUP)
        if shard == 0:
            _twins(table.slice(0, TWIN_ROWS), order.folder / "large-twins")
        order.progress((shard + 1) / shards)
    return {"rows_large": float(rows), "dirty_share": dirty / rows}


def clean_reviews() -> Iterator[Row]:
    """All reviews from which the large collection is made, before anything is spoiled."""
    for review in islice(reviews("mini-imdb/large"), ROWS):
        yield review.text, str(review.label)


def dirty_reviews() -> Iterator[tuple[str, str, bool]]:
    """The rows of the large collection.

    Yields:
        Text, label, and whether something is wrong with the row.
    """
    rng = dice("mini-imdb/dirt")
    seen: list[Row] = []
    for row in clean_reviews():
        if rng.random() >= sum(rate for rate, _ in DIRT):
            yield (*row, False)
        else:
            yield (*_spoil(rng, row, seen), True)
        if len(seen) < 5_000:
            seen.append(row)


def _spoil(rng: random.Random, row: Row, seen: list[Row]) -> Row:
    at = rng.random() * sum(rate for rate, _ in DIRT)
    for rate, spoil in DIRT:
        at -= rate
        if at < 0:
            return spoil(rng, row, seen)
    return row


def _duplicate(rng: random.Random, row: Row, seen: list[Row]) -> Row:
    return pick(rng, seen or [row])


def _near_duplicate(rng: random.Random, row: Row, seen: list[Row]) -> Row:
    text, label = pick(rng, seen or [row])
    return pick(rng, (text.upper(), text.replace(". ", ".  "), text.rstrip(".") + "!", f" {text}\n")), label


def _empty(rng: random.Random, row: Row, seen: list[Row]) -> Row:
    del seen
    return pick(rng, ("", " ", "\n")), row[1]


def _label(rng: random.Random, row: Row, seen: list[Row]) -> Row:
    del seen
    return row[0], pick(rng, ("positive" if row[1] == "1" else "negative", "2", "", "n/a"))


def _markup(rng: random.Random, row: Row, seen: list[Row]) -> Row:
    del seen
    return pick(rng, ("<br />{}", "{}<br /><br />", "<p>{}</p>", "&quot;{}&quot;")).format(row[0]), row[1]


def _mojibake(rng: random.Random, row: Row, seen: list[Row]) -> Row:
    del rng, seen
    return f"“{row[0]}” – a visitor’s café".encode().decode("cp1252", errors="replace"), row[1]


def _over_long(rng: random.Random, row: Row, seen: list[Row]) -> Row:
    del rng, seen
    return " ".join([row[0]] * 200), row[1]


DIRT: tuple[tuple[float, Callable[[random.Random, Row, list[Row]], Row]], ...] = (
    (0.02, _duplicate),
    (0.01, _near_duplicate),
    (0.005, _empty),
    (0.005, _label),
    (0.01, _markup),
    (0.005, _mojibake),
    (0.0005, _over_long),
)
"""The rate of each kind of dirt, and how it is made."""


def _twins(table: Any, folder: Path) -> None:
    folder.mkdir(parents=True)
    pc.write_csv(table, folder / "train.csv")
    lines = (json.dumps(row, ensure_ascii=False) for row in table.to_pylist())
    (folder / "train.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
