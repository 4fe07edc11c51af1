"""Verdicts become a grade, by pure functions."""
