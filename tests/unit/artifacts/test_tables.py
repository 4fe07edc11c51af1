"""Tables of a student are read as CSV or Parquet."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from grader.artifacts import tables
from grader.artifacts.tables import read_table
from grader.errors import SubmissionFault


def refusal(root: Path, name: str) -> str:
    with pytest.raises(SubmissionFault) as caught:
        read_table(root, name)
    assert caught.value.code == "GR315"
    return caught.value.message


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_a_csv_file_is_read_with_any_line_ending(tmp_path: Path, ending: str) -> None:
    lines = ['\ufefflabel,score,"a, b"', '1,0.5,"x', 'y"', "", "0,1e-3,z", ""]
    (tmp_path / "x.csv").write_bytes(ending.join(lines).encode())

    table = read_table(tmp_path, "x.csv")

    assert (table.rows, list(table.columns)) == (2, ["label", "score", "a, b"])
    assert table.integers("label") == [1, 0]
    assert table.numbers("score") == [0.5, 0.001]
    assert table.texts("a, b") == [f"x{ending}y", "z"]


def test_a_parquet_file_is_read(tmp_path: Path) -> None:
    pq.write_table(pa.table({"label": [1, 0], "text": ["a", None]}), tmp_path / "x.parquet")

    table = read_table(tmp_path, "x.parquet")

    assert table.integers("label") == [1, 0]
    assert table.columns["text"] == ["a", None]


def test_a_number_that_is_not_whole_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("label\n1.5\n")

    with pytest.raises(SubmissionFault, match=r"`label` in row 1 is 1\.5, not a whole number"):
        read_table(tmp_path, "x.csv").integers("label")


def test_what_is_no_parquet_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.parquet").write_bytes(b"PAR1 not really")

    assert "x.parquet cannot be read as Parquet" in refusal(tmp_path, "x.parquet")


def test_a_parquet_file_that_unpacks_to_too_much_is_refused_before_it_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pq.write_table(pa.table({"x": ["a" * 1000] * 1000}), tmp_path / "x.parquet")
    monkeypatch.setattr(tables, "ROW_LIMIT", 999)

    assert "is larger than" in refusal(tmp_path, "x.parquet")


@pytest.mark.parametrize("length", [1_000_000, 400])
def test_a_text_that_every_row_repeats_is_counted_for_each(tmp_path: Path, length: int) -> None:
    """A file of 700 bytes: its one text stands in it once, packed."""
    rows = pa.array([0] * 200_000, pa.int32())
    cells = pa.DictionaryArray.from_arrays(rows, pa.array(["x" * length]))
    pq.write_table(pa.table({"x": cells}), tmp_path / "x.parquet", dictionary_pagesize_limit=2**30, compression="zstd")

    assert "is larger than" in refusal(tmp_path, "x.parquet")


def test_texts_that_rows_repeat_are_read(tmp_path: Path) -> None:
    kinds = pa.DictionaryArray.from_arrays(pa.array([0, 1, None, 0], pa.int8()), pa.array(["good", "bad"]))
    pq.write_table(pa.table({"x": kinds, "y": pa.array([b"a", b"b", b"a", None])}), tmp_path / "x.parquet")

    table = read_table(tmp_path, "x.parquet")

    assert table.columns == {"x": ["good", "bad", None, "good"], "y": [b"a", b"b", b"a", None]}


def test_a_table_is_read_across_batches(tmp_path: Path) -> None:
    pq.write_table(pa.table({"x": range(2_500), "y": map(str, range(2_500))}), tmp_path / "x.parquet")

    table = read_table(tmp_path, "x.parquet")

    assert table.rows == 2_500
    assert table.integers("x") == table.integers("y") == list(range(2_500))


@pytest.mark.parametrize(
    ("column", "told"),
    [
        (pa.array([[1, 2]]), r"`x.list.element` holds lists or objects"),
        (pa.array([{"a": 1}]), r"`x.a` holds lists or objects"),
        (pa.array([b"x" * 70_000_000], pa.binary(70_000_000)), "is larger than"),
    ],
    ids=["lists", "objects", "wide cells"],
)
def test_a_parquet_file_that_is_no_table_of_cells_is_refused(tmp_path: Path, column: pa.Array, told: str) -> None:
    pq.write_table(pa.table({"x": column}), tmp_path / "x.parquet")

    assert told in refusal(tmp_path, "x.parquet")


def test_a_parquet_file_with_two_columns_of_one_name_is_refused(tmp_path: Path) -> None:
    pq.write_table(pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["x", "x"]), tmp_path / "x.parquet")

    assert "two columns of one name" in refusal(tmp_path, "x.parquet")
