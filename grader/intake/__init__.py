"""A student's files become a Submission, or a clear refusal."""

from grader.intake.submission import Accepted, inspect_notebook, read_submission

__all__ = ["Accepted", "inspect_notebook", "read_submission"]
