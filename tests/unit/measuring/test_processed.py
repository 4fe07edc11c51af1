"""What is measured of a processed data set: against its source, against the seed, and whatever the files hold."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from grader.errors import InternalFault, SubmissionFault
from grader.measuring import cleaning, shards
from grader.measuring.cleaning import clean_rows
from grader.measuring.inputs import MeasuringInputs
from grader.measuring.processed import processed_rows
from grader.measuring.registry import measure
from grader.measuring.stored_tokens import first_rows, processed_tokens, tokenizing_speed
from tests.fakes import large_table

TRAIN, TEST = "train-00000-of-00002.parquet", "test-00000-of-00001.parquet"


@pytest.fixture
def place(tmp_path: Path) -> MeasuringInputs:
    return large_table.write_place(tmp_path)


@pytest.fixture
def processed(place: MeasuringInputs) -> Path:
    return place.artifacts / "processed"


def rows_of(place: MeasuringInputs, **options):
    inputs = large_table.inputs(place.artifacts.parent)
    return processed_rows(large_table.spec("processed_rows", "processed", **options), inputs)


def tokens_of(place: MeasuringInputs, **options):
    inputs = large_table.inputs(place.artifacts.parent)
    return processed_tokens(large_table.spec("processed_tokens", "processed", **options), inputs)


# --- the source ---------------------------------------------------------------------------------------------------


def test_every_row_is_kept_or_has_its_first_reason(place):
    found = clean_rows(large_table.spec("clean_rows"), place)
    assert found.dropped() == {"bad_label": 1, "garbled": 1, "empty": 1, "too_long": 1, "duplicate": 2}
    assert int(found.kept.sum()) == len(large_table.clean())
    assert found.codes[20] == 1


def test_a_cleaning_is_remembered_apart_from_what_is_measured_with_it(place, monkeypatch):
    first = clean_rows(large_table.spec("clean_rows", seed=1), place)
    monkeypatch.setattr(cleaning, "_judge", None)
    again = clean_rows(large_table.spec("clean_rows", seed=2), place)
    assert np.array_equal(first.codes, again.codes)
    assert np.array_equal(first.keys, again.keys)


def test_fewer_rows_are_the_first_ones(place):
    assert len(clean_rows(large_table.spec("clean_rows", rows=70), place).codes) == 70


def test_a_source_that_is_not_there_is_our_fault(place):
    with pytest.raises(InternalFault, match="no Parquet file"):
        clean_rows(large_table.spec("clean_rows", folder="none"), place)


def test_the_first_rows_are_those_of_the_files(place):
    found = first_rows(large_table.spec("first_rows", count=10), place)
    assert found["rows"] == [list(row) for row in large_table.source_rows()[:10]]
    assert found["bytes"] == sum(path.stat().st_size for path in place.bases[large_table.DATASET].rglob("*.parquet"))


# --- rows, labels, splits -------------------------------------------------------------------------------------------


def test_an_honest_data_set_has_nothing_missing_and_nothing_more(place):
    found = measure(large_table.spec("processed_rows", "processed"), large_table.inputs(place.artifacts.parent))
    assert (found["missing"], found["unknown"], found["repeated"], found["misplaced"]) == (0, 0, 0, 0)
    assert (found["shared_ids"], found["shared_texts"], found["wrong_labels"]) == (0, 0, 0)
    assert set(found["wrongly_kept"].values()) == {0}
    assert found["compared"] == found["clean"] == sum(split["rows"] for split in found["splits"].values())
    assert found["splits"]["test"]["positive_share"] == pytest.approx(found["positive_share"], abs=0.02)


def test_another_seed_misplaces_rows(place):
    assert rows_of(place, seed=6)["misplaced"] > 10


def test_lengths_and_padding_are_those_of_the_stored_rows(place, processed):
    lengths = np.array([len(ids) for name in (TRAIN, "train-00001-of-00002.parquet")
                        for ids in pq.read_table(processed / name).column("input_ids").to_pylist()])  # fmt: skip
    found = rows_of(place)["splits"]["train"]
    assert found["tokens"]["p50"] == np.percentile(lengths, 50)
    assert (found["tokens"]["max"], found["positions"]) == (lengths.max(), lengths.sum())
    places = sum(32 * max(part) if len(part) == 32 else len(part) * max(part)
                 for part in np.split(lengths, range(32, len(lengths), 32)))  # fmt: skip
    assert found["padding"]["dynamic"] == pytest.approx(1 - lengths.sum() / places)
    assert found["padding"]["sorted"] < found["padding"]["dynamic"]


def test_rows_that_are_gone_new_or_there_twice_are_counted(place, processed):
    table = pq.read_table(processed / TRAIN)
    names = table.column("id").to_pylist()
    large_table.rewrite(processed / TRAIN, id=pa.array(["x", "r000003", names[5], *names[3:]]))
    found = rows_of(place)
    assert (found["missing"], found["unknown"], found["repeated"]) == (3, 1, 1)
    assert found["wrongly_kept"]["duplicate"] == 1
    assert found["examples"]["unknown"] == ["x"]
    assert len(found["examples"]["missing"]) == 3


def test_a_near_duplicate_on_the_other_side_is_seen(place, processed):
    train = [name for part in ("train-00000-of-00002.parquet", "train-00001-of-00002.parquet")
             for name in pq.read_table(processed / part).column("id").to_pylist()]  # fmt: skip
    assert "r000002" in train
    names = pq.read_table(processed / TEST).column("id").to_pylist()
    large_table.rewrite(processed / TEST, id=pa.array(["r000005", train[0], *names[2:]]))
    found = rows_of(place)
    assert (found["shared_ids"], found["shared_texts"]) == (1, 2)


def test_labels_out_of_step_and_flipped_ones_are_told_apart(place, processed):
    labels = pq.read_table(processed / TRAIN).column("label").to_numpy()
    large_table.rewrite(processed / TRAIN, label=pa.array(np.sort(labels)))
    found = rows_of(place)
    assert found["wrong_labels"] > 20
    assert not found["flipped"]
    for path in processed.glob("*.parquet"):
        large_table.rewrite(path, label=pa.array(1 - pq.read_table(path).column("label").to_numpy()))
    large_table.rewrite(processed / TRAIN, label=pa.array(1 - labels))
    assert rows_of(place)["flipped"]


def test_a_split_without_rows_is_described_all_the_same(place, processed):
    pq.write_table(pq.read_table(processed / TEST).slice(0, 0), processed / TEST)
    found = rows_of(place)
    assert found["splits"]["test"]["rows"] == 0
    assert found["missing"] == 40


# --- tokens -----------------------------------------------------------------------------------------------------------


def test_the_tokens_of_an_honest_data_set_are_equal(place):
    found = tokens_of(place)
    assert found["compared"] == found["equal"] >= 40
    assert (found["unknown"], found["masks_wrong"], found["longest"]) == (0, 0, large_table.LIMIT)


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        (lambda ids: ids + [0] * (12 - len(ids)), "padded"),
        (lambda ids: [*ids[:2], ids[-1]], "cut"),
        (lambda ids: [*ids, 5, 6], "too_long"),
        (lambda ids: [token + 1 for token in ids], "other_ids"),
        (lambda ids: ids[1:-1], "other_ids"),
    ],
)
def test_what_is_wrong_with_tokens_has_a_name(place, processed, change, verdict):
    for path in processed.glob("*.parquet"):
        ids = [change(row) for row in pq.read_table(path).column("input_ids").to_pylist()]
        masks = [[1] * len(row) for row in ids]
        large_table.rewrite(path, input_ids=pa.array(ids), attention_mask=pa.array(masks))
    found = tokens_of(place)
    assert found[verdict] == found["compared"]


def test_rows_of_no_source_cannot_be_compared(place, processed):
    count = len(pq.read_table(processed / TEST))
    large_table.rewrite(processed / TEST, id=pa.array(["x"] * count))
    found = tokens_of(place)
    assert found["unknown"] > 0
    assert found["equal"] == found["compared"]


def test_row_by_row_costs_more_than_batches(place):
    found = tokenizing_speed(large_table.spec("tokenizing_speed", sample=300), place)
    assert found["rows"] == 300
    assert found["row_by_row"] > found["batched"] > 0
    assert found["times"] > 1


# --- files that nobody should have written ----------------------------------------------------------------------


def refusal(place) -> str:
    with pytest.raises(SubmissionFault) as caught:
        rows_of(place)
    return f"{caught.value.code} {caught.value.message}"


def test_a_folder_without_shards_is_named(place, processed):
    for path in processed.glob("test-*"):
        path.rename(processed / "validation.parquet")
    assert "no file test-*.parquet" in refusal(place)


@pytest.mark.parametrize(
    ("column", "values", "says"),
    [
        ("label", [0.5], "`label` holds double"),
        ("id", [7], "`id` holds int64"),
        ("input_ids", ["1 2"], "`input_ids` holds string"),
        ("input_ids", [[[1]]], "`input_ids` holds list"),
        ("attention_mask", [[None]], "`attention_mask` has lists with empty places"),
        ("label", pa.array([None], pa.int64()), "`label` is empty in"),
        ("id", ["x" * 100_000], "an `id` has 100,000 bytes"),
    ],
)
def test_columns_of_other_kinds_are_refused(place, processed, column, values, says):
    count = len(pq.read_table(processed / TEST))
    filled = pa.concat_arrays([values if isinstance(values, pa.Array) else pa.array(values)] * count)
    if column == "attention_mask":
        filled = pa.array([[None]] * count, pa.list_(pa.int64()))
    large_table.rewrite(processed / TEST, **{column: filled})
    if column == "attention_mask":
        with pytest.raises(SubmissionFault, match="empty places"):
            tokens_of(place)
    else:
        assert says in refusal(place)


def test_a_missing_and_a_double_column_are_refused(place, processed):
    table = pq.read_table(processed / TEST)
    pq.write_table(table.append_column("label", table.column("label")), processed / TEST)
    assert "2 columns `label`" in refusal(place)
    pq.write_table(table.drop_columns(["label"]), processed / TEST)
    assert "no column `label`" in refusal(place)


def test_files_that_are_no_parquet_or_cut_off_are_refused(place, processed):
    data = (processed / TRAIN).read_bytes()
    (processed / TRAIN).write_bytes(data[: len(data) // 2])
    assert "GR315" in refusal(place)
    damaged = bytearray(data)
    damaged[40 : len(data) // 2] = bytes(len(data) // 2 - 40)
    (processed / TRAIN).write_bytes(damaged)
    assert "cannot be read as Parquet" in refusal(place)


def test_more_rows_values_or_files_than_there_can_be_are_refused_before_they_are_read(place, processed, monkeypatch):
    table = pq.read_table(processed / TEST)
    many = pa.concat_tables([table] * 30)
    pq.write_table(many, processed / TEST)
    assert "larger than this data set can be" in refusal(place)
    monkeypatch.setattr(shards, "MOST_BYTES", 1_000)
    pq.write_table(table, processed / TEST)
    assert "bytes when it is unpacked" in refusal(place)
    monkeypatch.undo()
    long = pa.array([[1] * 9_000] * 5)
    pq.write_table(table.slice(0, 5).set_column(2, "input_ids", long), processed / TEST)
    assert "a row of 9,000 numbers" in refusal(place)
    endless = pa.array([[1] * 200_000] * 5)
    pq.write_table(table.slice(0, 5).set_column(2, "input_ids", endless), processed / TEST)
    assert "values" in refusal(place)
    pq.write_table(table, processed / TEST)
    for number in range(2):
        pq.write_table(pa.concat_tables([table] * 15), processed / f"train-9000{number}.parquet")
    assert "more than the whole data set" in refusal(place)
    for number in range(shards.MOST_FILES):
        (processed / f"note-{number}.txt").write_text("")
    assert "files" in refusal(place)


def test_ids_that_are_no_text_are_refused(place, processed):
    """Arrow reads such bytes and only fails where somebody looks at them: that was a fault of ours."""
    rows = pq.read_metadata(processed / TRAIN).num_rows
    buffers = pa.array([b"\xff\xfe"] * rows, pa.binary()).buffers()
    large_table.rewrite(processed / TRAIN, id=pa.Array.from_buffers(pa.string(), rows, buffers))

    for measured in (rows_of, tokens_of):
        with pytest.raises(SubmissionFault, match="cannot be read as Parquet"):
            measured(place)
