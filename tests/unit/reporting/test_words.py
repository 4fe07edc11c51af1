import ast
import re
from pathlib import Path

import pytest

from grader.model.run import RunStatus
from grader.reporting import words

SENTENCES = [
    node.value
    for node in ast.walk(ast.parse(Path(words.__file__).read_text(encoding="utf-8")))
    if isinstance(node, ast.Constant) and isinstance(node.value, str)
]


@pytest.mark.parametrize("blame", ["wrong", "!", "you forgot", "mistake", "bad", "please"])
def test_no_sentence_blames_or_shouts(blame):
    assert not [text for text in SENTENCES if re.search(rf"(?<!the usual ){re.escape(blame)}(?!s, by)", text.lower())]


def test_every_end_of_a_run_has_a_banner():
    assert set(words.BANNERS) == {status.value for status in RunStatus if status is not RunStatus.COMPLETED}


def test_states_differ_in_icon_and_word():
    assert len({status.icon for status in words.GROUPS}) == len({status.word for status in words.GROUPS}) == 7


def test_one_and_many():
    assert words.plural(1, "check") == "1 check"
    assert words.plural(2_000, "entry", "entries") == "2,000 entries"
