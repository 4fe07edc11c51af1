"""JSON files of a student are read within limits."""

import math
from pathlib import Path

import pytest

from grader.artifacts.json_file import parse_json, read_json_file
from grader.errors import SubmissionFault


def test_plain_data_comes_back(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_bytes(b'\xef\xbb\xbf{"a": [1, 2.5, null, true, "\xc3\xa9"]}')

    assert read_json_file(tmp_path, "x.json") == {"a": [1, 2.5, None, True, "é"]}


def test_nan_is_read_for_the_check_to_judge() -> None:
    assert math.isnan(parse_json(b'{"a": NaN}', "x.json")["a"])


def test_forty_levels_are_read() -> None:
    assert parse_json(b"[" * 39 + b"1" + b"]" * 39, "x.json")


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"{", "is not valid JSON: Expecting property name"),
        (b'{"a": 1}\n<<<<<<< HEAD', "Extra data at line 2, column 1"),
        (b"\xff", "is not UTF-8"),
        (b"[" * 200_000, "nested too deeply"),
        (b"[" * 41 + b"]" * 41, "more than 40 levels"),
        (b'{"a": ' + b"1" * 5_000 + b"}", "number that is too long"),
    ],
    ids=["cut-off", "merge-conflict", "bytes", "very-deep", "deep", "digits"],
)
def test_what_is_not_json_is_refused(data: bytes, told: str) -> None:
    with pytest.raises(SubmissionFault) as caught:
        parse_json(data, "x.json")

    assert caught.value.code == "GR315"
    assert told in caught.value.message


def test_a_file_above_its_limit_is_not_opened(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text("[1, 2, 3]")

    with pytest.raises(SubmissionFault, match="has 9 bytes; at most 8 are read"):
        read_json_file(tmp_path, "x.json", limit=8)
