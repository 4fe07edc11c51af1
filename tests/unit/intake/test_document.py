import json

import pytest

from grader.errors import SubmissionFault
from grader.intake.document import DEEPEST_NESTING, parse_document
from tests.fakes.notebooks import as_bytes, notebook


def refusal(content):
    with pytest.raises(SubmissionFault) as caught:
        parse_document(content, "lab.ipynb")
    return caught.value


def test_a_notebook_is_parsed():
    assert parse_document(as_bytes(notebook()), "lab.ipynb") == (notebook(), False)


def test_a_byte_order_mark_is_skipped_and_reported():
    assert parse_document(b"\xef\xbb\xbf" + as_bytes(notebook()), "lab.ipynb") == (notebook(), True)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        pytest.param(b"", "is empty", id="empty"),
        pytest.param(b" \n\t\r\n", "nothing but blanks", id="blank"),
        pytest.param(b"\0" * 4096, "nothing but blanks", id="zeros after a crash"),
        pytest.param(b"PK\x03\x04rest", "a ZIP archive", id="zip"),
        pytest.param(b"\x1f\x8b\x08rest", "a gzip archive", id="gzip"),
        pytest.param(b"%PDF-1.7", "a PDF", id="pdf"),
        pytest.param(b"\n<!DOCTYPE html><title>GitHub", "a web page", id="web page"),
        pytest.param(b"<HTML><body>", "a web page", id="old web page"),
        pytest.param('{"cells": []}'.encode("utf-16"), "UTF-16", id="utf-16"),
        pytest.param(b'{\n"cells": "\xff"}', "line 2 is not UTF-8 text (byte 0xff)", id="latin-1"),
        pytest.param(b"import torch\n", "line 1, column 1: expecting value", id="python file"),
        pytest.param(b'{\n "a": 1,\n "b" 2}', "line 3, column 6: expecting ':' delimiter", id="missing colon"),
        pytest.param(b'{"cells": [', "ends too early, at line 1, column 12", id="truncated"),
        pytest.param(b'{"cells": ["abc', "ends too early, at line 1, column 12", id="truncated in a text"),
        pytest.param(b'{"cells": []} {}', "line 1, column 15: extra data", id="two documents"),
        pytest.param(b'{"cells": ' + b"9" * 5000 + b"}", "more digits than can be read", id="huge number"),
    ],
)
def test_what_is_not_json_is_refused_with_its_place(content, says):
    fault = refusal(content)

    assert fault.code == "GR301"
    assert says in fault.message
    assert fault.message.startswith("lab.ipynb")
    assert fault.hint


@pytest.mark.parametrize("ending", [b"\n", b"\r\n"], ids=["unix", "windows"])
def test_a_merge_conflict_is_recognised_wherever_the_json_breaks(ending):
    lines = as_bytes(notebook()).split(b"\n")
    lines[2:2] = [b"<<<<<<< HEAD", b'"a": 1', b"=======", b'"a": 2', b">>>>>>> theirs"]

    fault = refusal(ending.join(lines))

    assert fault.code == "GR301"
    assert "line 3 is a merge-conflict marker: '<<<<<<< HEAD'" in fault.message
    assert "`git checkout --ours lab.ipynb` is yours" in fault.hint


def test_every_truncation_of_a_notebook_is_called_one():
    content = as_bytes(notebook()).strip()

    for end in range(1, len(content), 7):
        fault = refusal(content[:end])
        assert fault.code == "GR301"
        assert "too early" in fault.message or "expecting" in fault.message


@pytest.mark.parametrize(
    ("content", "says"),
    [
        pytest.param(b"[]", "a list", id="list"),
        pytest.param(b'"text"', "a text", id="text"),
        pytest.param(b"null", "empty", id="null"),
        pytest.param(b"3", "a single value", id="number"),
        pytest.param(b'{"source": "\\ud800"}', "half of a surrogate pair", id="half a character"),
        pytest.param(b'{"\\udfff": 1}', "half of a surrogate pair", id="half a character in a key"),
        pytest.param(b"[" * 50_000, "levels deep", id="nesting beyond the parser"),
        pytest.param(b'{"a":' * 101 + b"1" + b"}" * 101, "levels deep", id="nesting beyond notebooks"),
    ],
)
def test_json_that_no_notebook_can_be_is_refused(content, says):
    fault = refusal(content)

    assert fault.code == "GR311"
    assert says in fault.message


def test_nesting_up_to_the_limit_is_accepted():
    depth = DEEPEST_NESTING - 1
    content = b'{"a":' * depth + b"1" + b"}" * depth

    assert parse_document(content, "lab.ipynb")[0] == json.loads(content)
