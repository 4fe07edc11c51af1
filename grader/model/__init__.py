"""The data that flows through the grader, as frozen dataclasses."""
