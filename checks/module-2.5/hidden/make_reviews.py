"""Write data/reviews.parquet: reviews that only the checks know, in the language of the public ones.

Run it from the root of the project with `python checks/module-2.5/hidden/make_reviews.py`. The name below is the seed:
it is kept here and nowhere else, and this folder is never given to students.
"""

from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from grader.checking.api.miniatures import clean_reviews, public_reviews, reviews

NAME = "reviews/14e22eb9e70abce882fcdbda"
ROWS = 2_000
TARGET = Path(__file__).with_name("data") / "reviews.parquet"


def hidden_table() -> pa.Table:
    """The hidden reviews: none of them occurs in anything that the Hub serves."""
    public = {review.text for split in public_reviews().values() for review in split}
    public.update(text for text, _ in clean_reviews())
    fresh = {review.text: review for review in islice(reviews(NAME), 4 * ROWS) if review.text not in public}
    rows = list(fresh.values())[:ROWS]
    return pa.table(
        {
            "text": [row.text for row in rows],
            "label": pa.array([row.label for row in rows], pa.int64()),
            "negated": [row.negated for row in rows],
            "concessive": [row.concessive for row in rows],
            "dissenting": [row.dissenting for row in rows],
            "words": pa.array([row.words for row in rows], pa.int64()),
        }
    )


if __name__ == "__main__":
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(hidden_table(), TARGET)
