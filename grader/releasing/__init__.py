"""A reference solution becomes the starter that students get, and a course the bundle."""

from grader.releasing.bundle import write_bundle
from grader.releasing.starter import release

__all__ = ["release", "write_bundle"]
