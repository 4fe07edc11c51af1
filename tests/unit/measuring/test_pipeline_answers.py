"""Outputs of pipelines in one form, and when two of them say the same."""

from typing import Any

import pytest

from grader.measuring.pipeline_answers import Answer, NoAnswer, agree, answer_of, same_scores

ENTITY = {"entity_group": "PER", "score": 0.9, "word": "ada", "start": 0, "end": 3}


@pytest.mark.parametrize(
    ("task", "output", "texts", "numbers"),
    [
        ("text-classification", {"label": "POS", "score": 0.9}, ("POS",), (0.9,)),
        ("text-classification", [{"label": "POS", "score": 0.9}], ("POS",), (0.9,)),
        ("text-classification", [[{"label": "POS", "score": 1}]], ("POS",), (1.0,)),
        ("token-classification", [], (), ()),
        ("token-classification", [ENTITY], ("PER ada 0-3",), (0.9,)),
        ("fill-mask", [{"token_str": "a", "score": 0.5, "token": 3}], ("a",), (0.5,)),
        ("zero-shot-classification", {"labels": ["a", "b"], "scores": [0.7, 0.3]}, ("a", "b"), (0.7, 0.3)),
        ("text-generation", [{"generated_text": "The end "}], ("The end",), ()),
        ("text-generation", "The end", ("The end",), ()),
        ("feature-extraction", [[[1, 2], [3, 4]]], ("2 vectors of 2",), (1.0, 2.0, 3.0, 4.0)),
        ("automatic-speech-recognition", {"text": " one two"}, ("one two",), ()),
    ],
)
def test_what_a_pipeline_returns_is_read_whatever_it_is_wrapped_in(task, output, texts, numbers):
    assert answer_of(task, output) == Answer(texts, numbers)


@pytest.mark.parametrize(
    ("task", "output"),
    [
        ("text-classification", {"error": "empty"}),
        ("text-classification", []),
        ("text-classification", "POS"),
        ("text-classification", [["POS"]]),
        ("text-classification", {"label": 3, "score": 0.9}),
        ("text-classification", {"label": "POS", "score": "0.9"}),
        ("text-classification", {"label": "POS", "score": True}),
        ("text-classification", {"label": "POS", "score": float("nan")}),
        ("token-classification", [{"entity": "B-PER", "score": 0.9, "word": "a", "start": 0, "end": 1}]),
        ("zero-shot-classification", {"labels": ["a"], "scores": []}),
        ("feature-extraction", [[[1, 2], [3]]]),
        ("feature-extraction", []),
        ("feature-extraction", 5),
        ("automatic-speech-recognition", None),
    ],
)
def test_something_else_is_no_answer(task: str, output: Any):
    with pytest.raises(NoAnswer):
        answer_of(task, output)


def test_labels_in_another_order_agree_where_their_scores_do():
    one, other = Answer(("a", "b"), (0.50001, 0.5)), Answer(("b", "a"), (0.50003, 0.5))
    assert agree("image-classification", one, other, 1e-4)
    assert not agree("image-classification", one, Answer(("b", "a"), (0.6, 0.4)), 1e-4)
    assert not agree("token-classification", one, other, 1e-4)


def test_labels_that_are_not_sorted_by_score_do_not_agree():
    one, other = Answer(("a", "b"), (0.9, 0.1)), Answer(("b", "a"), (0.1, 0.9))
    assert not agree("image-classification", one, other, 1e-4)


def test_scores_may_differ_by_the_tolerance_and_no_more():
    one = Answer(("a",), (0.9,))
    assert agree("text-classification", one, Answer(("a",), (0.90009,)), 1e-4)
    assert not agree("text-classification", one, Answer(("a",), (0.9002,)), 1e-4)
    assert not agree("text-classification", one, Answer(("b",), (0.9,)), 1e-4)
    assert not agree("text-classification", one, Answer(("a", "b"), (0.9, 0.1)), 1e-4)


def test_vectors_are_compared_relative_to_their_largest_value():
    one = Answer(("1 vectors of 2",), (100.0, 1.0))
    assert agree("feature-extraction", one, Answer(("1 vectors of 2",), (100.005, 1.0)), 1e-4)
    assert not agree("feature-extraction", one, Answer(("1 vectors of 2",), (100.05, 1.0)), 1e-4)


def test_scores_can_be_the_same_under_other_labels():
    assert same_scores(Answer(("a",), (0.9,)), Answer(("b",), (0.9,)), 1e-4)
    assert not same_scores(Answer(("a",), ()), Answer(("b",), ()), 1e-4)
