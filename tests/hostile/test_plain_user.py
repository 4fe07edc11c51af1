"""The attacks once more without root: no control group, no lent user, nothing but what every user may do."""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.fakes.boxes import needs_boxes
from tests.hostile.world import everything

ROOT = Path(__file__).parents[2]
#: What differs without root: who reads what, who counts memory and processes, how a run is ended.
SOME = "H01 or H04 or H11 or H16 or H18 or H23 or H31 or H34 or H41 or H42"

pytestmark = [
    needs_boxes,
    pytest.mark.slow,
    pytest.mark.xdist_group("hostile"),
    pytest.mark.skipif(os.getuid() != 0, reason="the other tests run as a plain user already"),
]


@pytest.fixture
def home():
    """A folder with a short path: sockets have names of at most 107 bytes."""
    with tempfile.TemporaryDirectory(prefix="grader-plain-") as name:
        yield Path(name)


def as_a_plain_user(home: Path, *arguments: str) -> str:
    argv = [sys.executable, "-m", "tests.fakes.plain_user", str(home), sys.executable, *arguments]
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.timeout(1800)
def test_hostile_programs_are_held_without_root(home):
    files = ["tests/hostile/test_box.py"]
    chosen = ["-k", f"is_held and ({SOME})"]
    if everything():
        files, chosen = [*files, "tests/hostile/test_box_teeth.py", "tests/conformance/test_sandbox.py"], []

    said = as_a_plain_user(home, "-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider", *files, *chosen)

    passed = re.search(r"(\d+) passed", said)
    assert passed, said
    assert int(passed.group(1)) >= 14
    assert "skipped" not in said, said


def test_without_root_memory_is_watched_and_the_box_says_so(home):
    code = (
        "import os; from grader.sandbox.bubblewrap import BubblewrapSandbox as box;"
        "print(os.getuid(), box().promise().official, box().promise().covers[-1], box().leaks())"
    )

    said = as_a_plain_user(home, "-c", code)

    assert said == "60200 True memory (sum, several looks a second) None\n"


def test_what_cannot_be_read_without_root_is_refused(home):
    file, chosen = "tests/unit/artifacts/test_collect.py", ("-k", "unreadable or not_entered")

    said = as_a_plain_user(home, "-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider", file, *chosen)

    assert "2 passed" in said, said
