"""A grader for machine-learning labs that re-measures every claim."""

__version__ = "0.1.0"
