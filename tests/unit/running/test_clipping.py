"""How much of a cell's output is kept."""

import pytest

from grader.running.clipping import CellBudget, collapse, plain, weight


def test_text_is_kept_up_to_its_budget_and_the_rest_is_counted():
    budget = CellBudget(text_left=5)
    assert budget.take_text("abc") == "abc"
    assert budget.note() == ""
    assert budget.take_text("defg") == "de"
    assert budget.take_text("h") == ""
    assert "3 more characters" in budget.note()


def test_rich_outputs_are_kept_whole_or_not_at_all():
    budget = CellBudget(rich_left=10, outputs_left=2)
    assert not budget.take_rich(11)
    assert budget.take_rich(4)
    assert budget.take_rich(6)
    assert not budget.take_rich(0)
    assert "11 more characters" in budget.note()


@pytest.mark.parametrize(
    ("value", "expected"), [("abc", 3), ({"a": "bc", "d": [1, None, "ef"]}, 11), ([], 0), (2.5, 1), ({"a": {}}, 1)]
)
def test_weight_counts_the_characters_of_json(value, expected):
    assert weight(value) == expected


def test_weight_of_deep_data_does_not_recurse():
    deep: list = []
    for _ in range(100_000):
        deep = [deep]
    assert weight(deep) == 100_000


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain\ntext\n", "plain\ntext\n"),
        (" 10%\r 50%\r100%", "100%"),
        (" 10%\r100%\r\nnext", "100%\nnext"),
        ("a\rb\nc\rd\r", "b\nd"),
    ],
)
def test_progress_bars_are_shown_as_they_ended(text, shown):
    assert collapse(text) == shown


def test_plain_text_has_no_control_sequences():
    assert plain("\x1b[31mred\x1b[0m\x1b]0;title\x07\x07 \x1bM\tend\n\x9b\u202e") == "red \tend\n"
