"""Fixtures of the batch tests."""

import pytest

from grader.gradebook.book import open_gradebook
from grader.grading.project import project


@pytest.fixture
def book(tmp_path):
    """An empty gradebook."""
    opened = open_gradebook(str(tmp_path / "gradebook.db"), "prof", project)
    yield opened
    opened.close()
