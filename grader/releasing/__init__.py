"""A reference solution becomes the starter that students get."""

from grader.releasing.starter import release

__all__ = ["release"]
