"""A place with a lab and a run, for each test."""

from pathlib import Path

import pytest

from tests.fakes.judged import Workplace


@pytest.fixture
def place(tmp_path: Path) -> Workplace:
    return Workplace(tmp_path)
