"""The labs of a course: lab.toml files, validated, with everything that is wrong with one said at once."""

from grader.catalog.find import find_lab
from grader.catalog.load import load_lab, load_labs

__all__ = ["find_lab", "load_lab", "load_labs"]
