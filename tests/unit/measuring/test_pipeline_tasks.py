"""What a demo may state: everything else is refused before a model sees it."""

from typing import Any

import pytest

from grader.measuring.pipeline_tasks import TASKS, Unusable, check_inputs, check_options, known_task

PIXEL = [1, 2, 255]


def test_an_alias_is_the_task_that_it_names():
    assert known_task("ner") is TASKS["token-classification"]
    assert known_task("sentiment-analysis") is known_task("text-classification")


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("question-answering", "no such pipeline any more"),
        ("vqa", "no such pipeline any more"),
        ("make-coffee", "none of the lab's tasks"),
        (["fill-mask"], "none of the lab's tasks"),
        (None, "none of the lab's tasks"),
    ],
)
def test_other_tasks_say_why_they_are_not_run(name: Any, why: str):
    with pytest.raises(Unusable, match=why):
        known_task(name)


@pytest.mark.parametrize(
    ("task", "options"),
    [
        ("text-classification", {"top_k": 2, "truncation": True}),
        ("token-classification", {"aggregation_strategy": "simple"}),
        ("zero-shot-classification", {"candidate_labels": ["a", "b"], "hypothesis_template": "It is {}."}),
        ("text-generation", {"max_new_tokens": 64, "do_sample": False}),
        ("feature-extraction", {}),
    ],
)
def test_offered_arguments_are_kept_as_they_are(task: str, options: dict[str, Any]):
    assert check_options(TASKS[task], {**options, "batch_size": 8}) == options


@pytest.mark.parametrize(
    ("task", "options", "why"),
    [
        ("fill-mask", {"trust_remote_code": True}, "'trust_remote_code' is not offered"),
        ("feature-extraction", {"model": "x"}, "offered: none"),
        ("fill-mask", {"top_k": 10**9}, "a whole number from 1 to 20"),
        ("fill-mask", {"top_k": True}, "a whole number"),
        ("fill-mask", [], "no object"),
        ("text-classification", {"truncation": 1}, "True or False"),
        ("token-classification", {}, "aggregation_strategy is missing"),
        ("token-classification", {"aggregation_strategy": "none"}, "'simple' or 'first'"),
        ("text-generation", {"max_new_tokens": 10**6, "do_sample": False}, "from 1 to 64"),
        ("text-generation", {"max_new_tokens": 8, "do_sample": True}, "False is needed"),
        ("zero-shot-classification", {"candidate_labels": ["a"]}, "2 to 20 different"),
        ("zero-shot-classification", {"candidate_labels": ["a", "a"]}, "2 to 20 different"),
        ("zero-shot-classification", {"candidate_labels": "ab"}, "2 to 20 different"),
        ("zero-shot-classification", {"candidate_labels": ["a", "b"], "hypothesis_template": "{0.__class__}{}"}, "{}"),
        ("zero-shot-image-classification", {"candidate_labels": ["a", "b"], "hypothesis_template": 5}, "{}"),
    ],
)
def test_an_argument_that_is_not_offered_is_refused(task: str, options: Any, why: str):
    with pytest.raises(Unusable, match=why):
        check_options(TASKS[task], options)


@pytest.mark.parametrize(
    ("task", "entry"),
    [
        ("fill-mask", "a [MASK]"),
        ("image-classification", [[PIXEL, PIXEL], [PIXEL, PIXEL]]),
        ("automatic-speech-recognition", [0, -32_768, 32_767] * 200),
    ],
)
def test_inputs_of_the_tasks_kind_are_taken(task: str, entry: Any):
    assert check_inputs(TASKS[task], [entry, entry]) == [entry, entry]


@pytest.mark.parametrize(
    ("task", "inputs", "why"),
    [
        ("fill-mask", [], "no list of 1 to 16"),
        ("fill-mask", "text", "no list of 1 to 16"),
        ("fill-mask", ["a"] * 17, "no list of 1 to 16"),
        ("fill-mask", ["a", 5], "input 2 is no text"),
        ("fill-mask", [""], "input 1 is no text"),
        ("fill-mask", ["a" * 30_000], "20,000 characters"),
        ("image-classification", ["http://somewhere/cat.png"], "no picture"),
        ("image-classification", [[]], "no picture"),
        ("image-classification", [[PIXEL]], "no picture"),
        ("image-classification", [[[PIXEL, PIXEL], [PIXEL]]], "no picture"),
        ("image-classification", [[[[1, 2, 256]]]], "no picture"),
        ("image-classification", [[[[1, 2]]]], "no picture"),
        ("image-classification", [[[PIXEL]] * 400], "no picture"),
        ("automatic-speech-recognition", ["/etc/passwd"], "no sound"),
        ("automatic-speech-recognition", [[0] * 10], "no sound"),
        ("automatic-speech-recognition", [[0.5] * 500], "no sound"),
        ("automatic-speech-recognition", [[0] * 200_000], "no sound"),
    ],
)
def test_other_inputs_are_refused(task: str, inputs: Any, why: str):
    with pytest.raises(Unusable, match=why):
        check_inputs(TASKS[task], inputs)
