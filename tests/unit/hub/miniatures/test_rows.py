from io import BytesIO
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from grader.hub.miniatures.order import Order
from grader.hub.miniatures.pictures.shapes import COLOURS, SHAPES, pictures
from grader.hub.miniatures.recipes import imdb_large, imdb_reviews, picture_rows, sound_rows, text_rows
from grader.hub.miniatures.sounds.digits import RATE, recordings
from grader.hub.miniatures.sounds.errors import word_error_rate


def build(recipe: object, folder: Path, **parameters: object) -> dict[str, float]:
    shares: list[float] = []
    figures = recipe.build(Order(folder, parameters, {}, shares.append))
    assert shares[-1] == 1.0
    return figures


def test_the_public_reviews_are_split_as_in_the_real_dataset(tmp_path: Path):
    figures = build(imdb_reviews, tmp_path)
    assert figures["positive_share"] == pytest.approx(0.5, abs=0.03)
    texts: list[str] = []
    for split, rows in imdb_reviews.ROWS.items():
        file = pq.ParquetFile(tmp_path / "plain_text" / f"{split}-00000-of-00001.parquet")
        assert file.metadata.num_rows == rows
        assert file.metadata.num_row_groups > 1
        table = file.read()
        assert table.column_names == ["text", "label"]
        assert set(table["label"].to_pylist()) == ({-1} if split == "unsupervised" else {0, 1})
        texts += table["text"].to_pylist()
    assert len(texts) == len(set(texts))


def test_the_large_collection_has_the_dirt_that_it_says(tmp_path: Path):
    figures = build(imdb_large, tmp_path, rows=6_000, shards=3)
    assert figures["rows_large"] == 6_000
    assert figures["dirty_share"] == pytest.approx(sum(rate for rate, _ in imdb_large.DIRT), abs=0.01)
    shards = [pq.read_table(path) for path in sorted((tmp_path / "large").iterdir())]
    assert [shard.num_rows for shard in shards] == [2_000] * 3
    ids = [one for shard in shards for one in shard["id"].to_pylist()]
    assert len(set(ids)) == 6_000
    texts = [one for shard in shards for one in shard["text"].to_pylist()]
    labels = {one for shard in shards for one in shard["label"].to_pylist()}
    assert {"0", "1", "", "n/a"} <= labels
    assert len(set(texts)) < len(texts)
    for mark in ("<br />", "â€", "\n"):
        assert any(mark in text for text in texts)
    assert max(len(text.split()) for text in texts) > 1_000
    assert len((tmp_path / "large-twins" / "train.jsonl").read_text(encoding="utf-8").splitlines()) == 2_000
    assert (tmp_path / "large-twins" / "train.csv").is_file()


@pytest.mark.parametrize("kind", sorted(text_rows.KINDS))
def test_text_tables_have_the_columns_of_their_features(tmp_path: Path, kind: str):
    figures = build(text_rows, tmp_path, configs={"some": ["train", "validation_matched"]}, kinds={"some": kind})
    assert figures["rows_train"] > 1_500
    table = pq.read_table(tmp_path / "some" / "train-00000-of-00001.parquet")
    assert table.column_names == list(text_rows.KINDS[kind].features)
    assert b"huggingface" in table.schema.metadata


def test_pictures_are_png_files_with_their_label(tmp_path: Path):
    from PIL import Image

    build(picture_rows, tmp_path, configs={"mnist": ["train", "test"]})
    row = pq.read_table(tmp_path / "mnist" / "test-00000-of-00001.parquet").slice(0, 1).to_pylist()[0]
    with Image.open(BytesIO(row["image"]["bytes"])) as image:
        assert image.size == (32, 32)
    assert row["caption"].split()[-1] == picture_rows.NAMES[row["label"]]


def test_recordings_are_arrays_with_their_text(tmp_path: Path):
    build(sound_rows, tmp_path, configs={"clean": ["train", "validation"]})
    row = pq.read_table(tmp_path / "clean" / "validation-00000-of-00001.parquet").slice(0, 1).to_pylist()[0]
    assert row["sampling_rate"] == RATE
    assert len(row["samples"]) > 0.2 * RATE * len(row["text"].split())


def test_a_shape_has_its_colour_in_the_middle():
    for one in pictures("colours", 60):
        red, green, blue = COLOURS[one.colour]
        near = np.abs(one.pixels.astype(int) - [red, green, blue]).max(axis=2) <= 20
        assert near.sum() > 20
        assert one.shape in SHAPES
        assert one.caption == f"a {one.size} {one.colour} {one.shape}"


def test_recordings_fit_a_window_of_two_seconds():
    found = recordings("lengths", 200)
    assert max(len(one.samples) for one in found) <= 2 * RATE
    assert {len(one.text.split()) for one in found} == {1, 2, 3, 4}


@pytest.mark.parametrize(
    ("told", "said", "rate"),
    [("one two", "one two", 0.0), ("one", "one two", 0.5), ("one two three", "two three", 0.5), ("", "one", 1.0)],
)
def test_word_errors_are_counted_by_edits(told: str, said: str, rate: float):
    assert word_error_rate([told], [said]) == rate


def test_no_hidden_review_occurs_in_anything_that_is_published():
    root = Path(__file__).parents[4]
    hidden = pq.read_table(root / "checks" / "module-2.5" / "hidden" / "data" / "reviews.parquet").to_pylist()
    assert len({row["text"] for row in hidden}) == len(hidden) == 2_000
    public = {review.text for split in imdb_reviews.public_reviews().values() for review in split}
    public.update(text for text, _ in imdb_large.clean_reviews())
    assert public.isdisjoint(row["text"] for row in hidden)
    assert all(row["words"] == len(row["text"].split()) for row in hidden)
    assert sum(row["label"] for row in hidden) / len(hidden) == pytest.approx(0.5, abs=0.03)
