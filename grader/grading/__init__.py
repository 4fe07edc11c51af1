"""Turns verdicts into a grade: pure functions."""

from grader.grading.grade import exit_code, make_grade, make_stamp
from grader.grading.score import Score, score

__all__ = ["Score", "exit_code", "make_grade", "make_stamp", "score"]
