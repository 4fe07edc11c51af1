import os
from dataclasses import dataclass

import pytest

from grader.errors import InternalFault, UsageFault
from grader.model.files import read_json, read_untrusted, write_json


@dataclass(frozen=True)
class Example:
    name: str
    points: float
    notes: tuple[str, ...] = ()


def test_what_was_written_is_read_back(tmp_path):
    path = tmp_path / "example.json"

    write_json(path, Example("Zoë", 0.1, ("a",)))

    assert read_json(path, Example) == Example("Zoë", 0.1, ("a",))
    assert path.read_text("utf-8") == '{\n "name": "Zoë",\n "points": 0.1,\n "notes": [\n  "a"\n ]\n}\n'


def test_a_file_is_replaced_whole_and_nothing_is_left_beside_it(tmp_path):
    path = tmp_path / "example.json"
    write_json(path, Example("old", 1))

    write_json(path, Example("new", 2))

    assert read_json(path, Example).name == "new"
    assert [file.name for file in tmp_path.iterdir()] == ["example.json"]


def test_a_folder_that_is_not_there_is_our_fault(tmp_path):
    with pytest.raises(InternalFault) as caught:
        write_json(tmp_path / "nowhere" / "example.json", Example("x", 1))

    assert caught.value.code == "GR507"


def test_a_file_that_is_not_there_is_a_usage_fault(tmp_path):
    with pytest.raises(UsageFault) as caught:
        read_json(tmp_path / "example.json", Example)

    assert caught.value.code == "GR103"


@pytest.mark.parametrize(
    "text", ["", "{", '{"name": "x"}', '{"name": "x", "points": "many"}', "[]", '{"name": "\xff"}']
)
def test_a_file_that_does_not_fit_is_damaged(tmp_path, text):
    path = tmp_path / "example.json"
    path.write_bytes(text.encode("latin-1"))

    with pytest.raises(InternalFault) as caught:
        read_json(path, Example)

    assert caught.value.code == "GR510"
    assert "Example" in caught.value.message


@pytest.mark.timeout(20)
def test_of_what_untrusted_code_left_only_plain_files_are_read_and_only_so_far(tmp_path):
    (tmp_path / "plain").write_bytes(b"abcdef")
    (tmp_path / "link").symlink_to(tmp_path / "plain")
    os.mkfifo(tmp_path / "pipe")

    found = {name: read_untrusted(tmp_path / name, 4) for name in ("plain", "link", "pipe", "missing", ".")}

    assert found == {"plain": b"abcd", "link": b"", "pipe": b"", "missing": b"", ".": b""}
