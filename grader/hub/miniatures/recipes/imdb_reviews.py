"""Film reviews with their polarity, as `stanfordnlp/imdb` has them: train, test, unsupervised."""

from collections.abc import Iterable, Iterator
from itertools import islice

import pyarrow as pa

from grader.hub.miniatures.order import Figures, Order
from grader.hub.miniatures.tables import class_label, value, write_parquet
from grader.hub.miniatures.text.grammar import Review, reviews

ROWS = {"train": 4_000, "test": 2_000, "unsupervised": 1_000}
NAMES = ("neg", "pos")
UNLABELLED = -1
FEATURES = {"text": value("string"), "label": class_label(NAMES)}


def build(order: Order) -> Figures:
    """Write the splits of the configuration `plain_text`.

    Args:
        order: no parameters.

    Returns:
        `rows_<split>` of each split, and the share of positive reviews in `train`.
    """
    rows = public_reviews()
    for split, found in rows.items():
        labels = [UNLABELLED if split == "unsupervised" else review.label for review in found]
        table = pa.table({"text": [review.text for review in found], "label": pa.array(labels, pa.int64())})
        write_parquet(table, FEATURES, order.folder / "plain_text" / f"{split}-00000-of-00001.parquet")
    order.progress(1.0)
    figures = {f"rows_{split}": float(len(found)) for split, found in rows.items()}
    return figures | {"positive_share": sum(review.label for review in rows["train"]) / len(rows["train"])}


def public_reviews() -> dict[str, list[Review]]:
    """The published reviews: no text occurs twice, within a split or across splits.

    Returns:
        Split -> reviews, in order.
    """
    seen: set[str] = set()
    return {split: list(islice(_new(reviews(f"mini-imdb/{split}"), seen), count)) for split, count in ROWS.items()}


def _new(candidates: Iterable[Review], seen: set[str]) -> Iterator[Review]:
    for review in candidates:
        if review.text not in seen:
            seen.add(review.text)
            yield review
