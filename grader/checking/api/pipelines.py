"""Pipelines of the lab's own models: what a demo should have answered, and whether two answers say the same."""

from grader.measuring.pipeline_answers import Answer, NoAnswer, agree, answer_of, same_scores
from grader.measuring.pipeline_tasks import (
    ALIASES,
    MOST_CHARACTERS,
    TASKS,
    TEXT,
    Task,
    Unusable,
    check_inputs,
    check_options,
    known_task,
)
from grader.measuring.pipelines import BATCH_TEXTS, answers, call, load, plain

__all__ = [
    "ALIASES",
    "BATCH_TEXTS",
    "MOST_CHARACTERS",
    "TASKS",
    "TEXT",
    "Answer",
    "NoAnswer",
    "Task",
    "Unusable",
    "agree",
    "answer_of",
    "answers",
    "call",
    "check_inputs",
    "check_options",
    "known_task",
    "load",
    "plain",
    "same_scores",
]
