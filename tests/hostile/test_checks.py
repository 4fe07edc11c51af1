"""Hostile artifacts: nothing of them is imported or executed, and none of them turns into a fault of ours."""

import json
import pickle
import struct
from pathlib import Path
from typing import Any

import pytest

from grader.model.lab import ArtifactSpec
from grader.model.verdict import Verdict
from tests.fakes.judged import Workplace

JSON_CHECK = '''
@check(points=1)
def test_answer(artifacts, evidence):
    """The answer is 42"""
    evidence.equals("Answer", artifacts.json("answer.json").number("answer"), 42)
'''
WEIGHTS_CHECK = '''
@check(points=1)
def test_weights(artifacts, evidence):
    """The weights are there"""
    evidence.at_least("Parameters", artifacts.safetensors("model.safetensors").count, 1)
'''
TABLE_CHECK = '''
@check(points=1)
def test_table(artifacts, evidence):
    """The table is there"""
    evidence.at_least("Rows", sum(artifacts.table("table.csv").numbers("label")), 0)
'''


class Bomb:
    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> Any:
        return (Path.touch, (self.target,))


@pytest.fixture
def place(tmp_path: Path) -> Workplace:
    return Workplace(tmp_path)


def judged(place: Workplace, source: str) -> Verdict:
    (verdict,) = place.judge(place.lab(source)).values()
    return verdict


def header(entries: dict[str, Any], data: bytes = b"", length: int | None = None) -> bytes:
    text = json.dumps(entries).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def tensor(shape: list[int], begin: int, end: int, dtype: str = "F32") -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


JSON_CASES: list[tuple[str | bytes, str]] = [
    ('{"answer": NaN}', "is NaN"),
    ('{"answer": 1e999}', "is infinite"),
    ('{"answer": "42"}', "is text"),
    ('{"answer": ' + "9" * 5_000 + "}", "number that is too long"),
    ('{"answer": [' + "1," * 700_000 + "1]}", "bytes; at most 1,048,576 are read"),
    ('{"answer": [' + "1," * 100_000 + "1]}", "is a list"),
    ("[" * 100_000, "nested too deeply"),
    ('{"a":' * 50 + "1" + "}" * 50, "nested more than 40 levels"),
    ('{"answer": 42', "is not valid JSON"),
    ("[42]", "holds no object"),
    ("", "is not valid JSON"),
    (b"\xff\xfe\x00", "is not UTF-8"),
    ('{"an\\u001b[31mswer\\ud800": 42}', "has no `answer`"),
]
WEIGHTS_CASES: list[tuple[bytes, str]] = [
    (b"", "it is cut off"),
    (b"\x08\0\0", "it is cut off"),
    (header({"w": tensor([2], 0, 8)}, b"\0" * 4), "promises 8 bytes of weights and 4 are there"),
    (header({"w": tensor([2], 0, 8)}, b"\0" * 99), "91 bytes after its last tensor"),
    (header({"w": tensor([2], 0, 8)}, length=2**62), "it is cut off"),
    (header({"w": tensor([2**40], 0, 8)}, b"\0" * 8), "does not fit its bytes"),
    (header({"w": tensor([2**62, 2**62], 0, 8)}, b"\0" * 8), "does not fit its bytes"),
    (header({"w": tensor([-2], 0, -8)}, b""), "does not describe"),
    (header({"w": tensor([1.5], 0, 6)}, b"\0" * 6), "does not describe"),
    (header({"w": tensor([2], 0, 8, "OBJECT")}, b"\0" * 8), "does not describe"),
    (header({"w": tensor([2], 0, 8) | {"dtype": []}}, b"\0" * 8), "does not describe"),
    (header({"w": 3}), "does not describe"),
    (header({"w": tensor([2], 0, 8), "v": tensor([2], 4, 12)}, b"\0" * 12), "overlap or leave gaps"),
    (header({"w": tensor([2], 8, 16)}, b"\0" * 16), "overlap or leave gaps"),
    (header({"w\n": tensor([2], 0, 8)}, b"\0" * 8), "cannot be printed"),
    (header({f"w{at}": tensor([0], 0, 0) for at in range(20_001)}), "declares 20,001 tensors"),
    (struct.pack("<Q", 4) + b"nope", "its header is not readable"),
    (struct.pack("<Q", 2) + b"[]", "its header is not a JSON object"),
    (b"PK\x03\x04" + b"\0" * 60, "is a pickle"),
    (b"\x80\x04\x95\x1c\0\0\0\0" + b"\0" * 60, "is a pickle"),
]
TABLE_CASES: list[tuple[str | bytes, str]] = [
    ("", "is empty"),
    ("label\n1\nx\n", "`label` in row 2 is 'x', not a number"),
    ("label\nnan\n", "`label` in row 1 is nan"),
    ("label,label\n1,2\n", "two columns of one name"),
    ("label,score\n1\n", "row 1 has 1 cells, the header has 2"),
    ("score\n1\n", "has no column `label`. It has: score."),
    (",".join(map(str, range(300))), "is larger than"),
    ("label\n" + "1\n" * 200_002, "is larger than"),
    ('label\n"' + "x" * 200_000, "cannot be read as CSV"),
    (b"label\n\xff\n", "cannot be read as CSV"),
]
Judged = dict[str, Verdict]


@pytest.fixture(scope="module")
def judged_cases(tmp_path_factory: pytest.TempPathFactory) -> Judged:
    """Every case as a file and a check of its own, judged in one process."""
    place = Workplace(tmp_path_factory.mktemp("course"))
    files: dict[str, str | bytes] = {}
    source = ""
    kinds = (
        ("json", JSON_CASES, JSON_CHECK),
        ("weights", WEIGHTS_CASES, WEIGHTS_CHECK),
        ("table", TABLE_CASES, TABLE_CHECK),
    )
    for kind, cases, check in kinds:
        for at, (content, _) in enumerate(cases):
            old = {"json": "answer.json", "weights": "model.safetensors", "table": "table.csv"}[kind]
            files[f"{at}/{old}"] = content
            name = check.split("def ")[1].split("(")[0]
            source += check.replace(old, f"{at}/{old}").replace(name, f"test_{kind}_{at}")
    place.collect(files)
    folders = dict.fromkeys(name.split("/")[0] for name in files)
    artifacts = tuple(ArtifactSpec(folder, "folder", "A case") for folder in folders)
    return place.judge(place.lab(source, artifacts=artifacts))


def test_python_files_among_the_artifacts_change_nothing(place: Workplace) -> None:
    attack = "import pathlib\npathlib.Path(r'{}').touch()\n"
    mark = place.root / "ran"
    root = place.collect({"answer.json": '{"answer": 41}'})
    for name in ("conftest.py", "json.py", "sitecustomize.py", "usercustomize.py", "pytest.py", "test_lab_0_1.py"):
        (root / name).write_text(attack.format(mark))
        (place.run_folder / name).write_text(attack.format(mark))
    for folder in (root, place.run_folder, place.root):
        (folder / "pytest.ini").write_text("[pytest]\naddopts = --collect-only\n")
        (folder / "conftest.py").write_text(attack.format(mark))
    place.seal()

    verdict = judged(place, JSON_CHECK)

    assert (str(verdict.status), verdict.message) == ("failed", "Answer: 41 found, 42 required.")
    assert not mark.exists()


@pytest.mark.parametrize("case", range(len(JSON_CASES)), ids=lambda at: JSON_CASES[at][1])
def test_hostile_json_fails_the_check_with_a_sentence(judged_cases: Judged, case: int) -> None:
    verdict = judged_cases[f"test_json_{case}"]

    assert str(verdict.status) == "failed", verdict.staff
    assert JSON_CASES[case][1] in verdict.message
    assert "\x1b" not in verdict.message


@pytest.mark.parametrize("case", range(len(WEIGHTS_CASES)), ids=lambda at: WEIGHTS_CASES[at][1])
def test_hostile_safetensors_fail_the_check_with_a_sentence(judged_cases: Judged, case: int) -> None:
    verdict = judged_cases[f"test_weights_{case}"]

    assert str(verdict.status) == "failed", verdict.staff
    assert WEIGHTS_CASES[case][1] in verdict.message


def test_a_header_whose_length_begins_like_a_pickle_is_read(place: Workplace) -> None:
    text = json.dumps({"w": tensor([2], 0, 8)}).ljust(0x280)
    place.collect({"model.safetensors": struct.pack("<Q", 0x280) + text.encode() + b"\0" * 8})

    assert str(judged(place, WEIGHTS_CHECK).status) == "passed"


def test_a_pickle_is_never_opened(place: Workplace) -> None:
    mark = place.root / "ran"
    bomb = pickle.dumps(Bomb(mark))
    place.collect({"pytorch_model.bin": bomb, "training_args.bin": bomb})

    verdict = judged(place, WEIGHTS_CHECK)

    assert verdict.message == "There is no model.safetensors, but pytorch_model.bin, which is a pickle."
    assert not mark.exists()


def test_a_link_among_the_artifacts_leads_nowhere(place: Workplace) -> None:
    root = place.collect()
    secret = place.root / "secret.json"
    secret.write_text('{"answer": 42}')
    (root / "answer.json").symlink_to(secret)

    assert judged(place, JSON_CHECK).message == "The notebook did not write the file answer.json."


@pytest.mark.parametrize("case", range(len(TABLE_CASES)), ids=lambda at: TABLE_CASES[at][1])
def test_hostile_tables_fail_the_check_with_a_sentence(judged_cases: Judged, case: int) -> None:
    verdict = judged_cases[f"test_table_{case}"]

    assert str(verdict.status) == "failed", verdict.staff
    assert TABLE_CASES[case][1] in verdict.message
