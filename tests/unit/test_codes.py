import re

import pytest

from grader.codes import CODES

#: First digit of a code -> exit codes that its errors may end a command with; 0 is for notices.
EXITS = {"1": {2}, "2": {5}, "3": {0, 3}, "4": {1, 4, 130}, "5": {5}, "6": {6}}


@pytest.mark.parametrize("code", CODES.values(), ids=CODES)
def test_every_code_has_words_for_a_person(code):
    assert re.fullmatch(r"GR[1-6]\d\d", code.code)
    assert not code.title.endswith(".")
    for text in (code.cause, code.cure):
        assert text[0].isupper() or text.startswith(("`", "lab.toml"))
        assert text.endswith(".")
        assert "!" not in text


@pytest.mark.parametrize("code", CODES.values(), ids=CODES)
def test_every_code_ends_a_command_as_its_class_says(code):
    assert code.exit_code in EXITS[code.code[2]]


def test_codes_are_in_order_and_their_titles_differ():
    assert list(CODES) == sorted(CODES)
    assert len({code.title for code in CODES.values()}) == len(CODES)
    assert all(key == code.code for key, code in CODES.items())
