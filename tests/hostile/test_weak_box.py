"""A bubblewrap that builds no walls is noticed before the first untrusted cell, and refused."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.fakes.boxes import needs_boxes, needs_namespaces
from tests.fakes.small_course import small_course

ROOT = Path(__file__).parents[2]
pytestmark = [needs_boxes, pytest.mark.slow, pytest.mark.xdist_group("hostile-runs")]
#: The real one with few of the walls that it was asked for; this checkout may lie below /tmp.
FALSE = f"""#!/bin/sh
while [ "$1" != -- ]; do shift; done; shift
exec {shutil.which("bwrap")} --unshare-user --unshare-pid --die-with-parent --bind / / --dev /dev --tmpfs /tmp \
    --bind {ROOT} {ROOT} --proc /proc -- "$@"
"""


@pytest.fixture(scope="module")
def place():
    """A course, and a folder of programs with the false one in it."""
    with tempfile.TemporaryDirectory(prefix="grader-weak-", dir="/var/tmp") as name:
        folder = Path(name)
        folder.chmod(0o755)
        small_course(folder / "course")
        (folder / "course" / "runs").mkdir()
        (folder / "course" / "runs").chmod(0o777)
        (folder / "bin").mkdir()
        (folder / "bin" / "bwrap").write_text(FALSE)
        (folder / "bin" / "bwrap").chmod(0o755)
        yield folder


def grader(place: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Call the grader as a plain user: for root the box would fail for want of files, not leak."""
    environment = {"PATH": f"{place / 'bin'}:{os.environ['PATH']}", "HOME": str(place)}
    argv = [sys.executable, "-m", "grader", "-C", str(place / "course"), *arguments]
    if os.getuid() == 0:
        home = place / f"home{len(list(place.iterdir()))}"
        home.mkdir()
        argv = [sys.executable, "-m", "tests.fakes.plain_user", str(home), *argv]
    return subprocess.run(argv, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False)


def test_a_box_that_leaks_is_refused_with_what_got_out(place):
    done = grader(place, "grade", str(place / "course/solutions/module-0/lab-0.1-addition.ipynb"))

    assert done.returncode == 6, done.stdout + done.stderr
    assert "GR602" in done.stderr
    assert "read a file outside" in done.stderr
    assert "--allow-weak" in done.stderr
    assert not (place / "course" / "runs").exists() or not list((place / "course" / "runs").rglob("executed.ipynb"))


def test_the_doctor_says_so_and_what_is_left(place):
    done = grader(place, "doctor", "--json")

    sandbox = next(one for one in json.loads(done.stdout)["findings"] if one["subject"] == "Sandbox")
    assert "bubblewrap: A box does not hold here: the probe could read a file outside" in sandbox["detail"]


@needs_namespaces
def test_a_weaker_one_is_taken_only_when_a_person_says_so(place):
    notebook = str(place / "course/solutions/module-0/lab-0.1-addition.ipynb")

    done = grader(place, "grade", notebook, "--allow-weak", "--json")

    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["run"]["sandbox"]["backend"] == "namespaces"


@needs_namespaces
def test_without_bubblewrap_our_own_box_is_tried_and_taken(place):
    (place / "empty").mkdir()
    environment = {"PATH": str(place / "empty"), "HOME": str(place)}
    argv = [sys.executable, "-m", "grader", "-C", str(place / "course"), "doctor", "--json"]

    done = subprocess.run(argv, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False)

    sandbox = next(one for one in json.loads(done.stdout)["findings"] if one["subject"] == "Sandbox")
    assert sandbox["detail"].startswith("namespaces (official grades): covers files outside the run")
    assert "bubblewrap is not installed" in sandbox["detail"]
    assert "apt-get install bubblewrap" in sandbox["detail"]
