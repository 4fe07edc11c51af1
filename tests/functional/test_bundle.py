"""A student unpacks the bundle on another machine and calls `make grade`: it works, and says what it lacks."""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

from grader.catalog import load_labs
from grader.releasing import write_bundle
from tests.fakes.small_course import SOLUTION, small_course, write_notebook

ROOT = Path(__file__).parents[2]

pytestmark = [pytest.mark.xdist_group("cli"), pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundle of a small course with this program in it, and an environment as `make setup` would make it."""
    course = small_course(tmp_path_factory.mktemp("bundle") / "course")
    for name in ("grader", "reports", "docs"):
        shutil.copytree(ROOT / name, course / name, ignore=shutil.ignore_patterns("__pycache__", "out"))
    for name in ("Makefile", "pyproject.toml", "requirements.lock"):
        shutil.copyfile(ROOT / name, course / name)
    folder = course.parent / "student" / "labs"
    write_bundle(course, load_labs(course), folder)
    shutil.rmtree(course)
    environment = folder / ".venv"
    venv.create(environment, symlinks=True)
    site = next((environment / "lib").glob("python*/site-packages"))
    (site / "course.pth").write_text(f"{folder}\n{sysconfig.get_path('purelib')}\n")
    command = environment / "bin" / "grader"
    command.write_text(f"#!{environment / 'bin' / 'python'}\nfrom grader.cli import main\n\nmain()\n")
    command.chmod(0o755)
    (environment / ".installed").touch()
    return folder


def make(bundle: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    home = bundle.parent
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "COVERAGE_PROCESS_CONFIG") if name in os.environ}
    folders = {"HOME": str(home), "GRADER_CACHE": str(home / "cache"), "GRADER_DATA": str(home / "data")}
    return subprocess.run(
        ["make", *arguments],
        cwd=bundle,
        env=kept | folders | {"GRADER_SANDBOX": "process"},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not here")
def test_make_grade_judges_what_is_there_and_says_that_hidden_checks_run_later(bundle: Path):
    write_notebook(bundle / "labs" / "module-0" / "lab-0.1-addition.ipynb", SOLUTION)
    done = make(bundle, "grade")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 of the lab's 10 points belong to checks that were not run here" in " ".join(done.stdout.split())
    grade = json.loads(next((bundle / "runs").glob("*/grade.json")).read_text("utf-8"))
    assert (grade["score"], grade["possible"], grade["total"]) == (7.0, 7.0, 10.0)
    assert "hidden checks stay with your instructor and run when you submit" in " ".join(
        next((bundle / "runs").glob("*/report.html")).read_text("utf-8").split()
    )


def test_the_program_that_grades_is_the_one_of_the_bundle(bundle: Path):
    told = subprocess.run(
        [bundle / ".venv" / "bin" / "python", "-I", "-c", "import grader; print(grader.__file__)"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert Path(told.stdout.strip()).is_relative_to(bundle)
    assert sys.prefix not in told.stdout


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not here")
def test_make_alone_lists_what_a_student_can_do(bundle: Path):
    listed = {line.split()[0] for line in make(bundle).stdout.splitlines() if line}
    assert listed == {"help", "setup", "grade", "clean"}
