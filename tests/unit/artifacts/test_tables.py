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
