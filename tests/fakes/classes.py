"""A small course with a class that handed in, and its commands as processes."""

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.fakes.small_course import answering, small_course, write_notebook

GRADER = [sys.executable, "-m", "grader"]
LATE = '\n[late]\ndue = "2999-11-20T12:00:00Z"\npenalty_per_day = 10\n'
#: Student -> the answer that they hand in, and the points of it.
ANSWERS = {
    "ada": ("left + right", 10),
    "ben": ("left - right", 2 + 3),
    "cy": ("float(left + right)", 2 + 5),
    "dan": ("1 / 0", 0),
}


def small_class(folder: Path, answers=None) -> Path:
    """Write a course and, beside it, `handed-in/` with a notebook per student; returns the course."""
    course = small_course(folder / "course")
    toml = course / "labs/module-0/lab-0.1.toml"
    toml.write_text(toml.read_text().replace("\n[hub]", LATE + "\n[hub]"))
    for student, answer in (answers or {name: answer for name, (answer, _) in ANSWERS.items()}).items():
        place = folder / "handed-in" / student
        place.mkdir(parents=True)
        write_notebook(place / "lab-0.1-addition.ipynb", answering(answer))
    return course


def environment(course: Path) -> dict[str, str]:
    """The variables of a command: its cache and key are beside the course."""
    kept = {
        name: os.environ[name] for name in ("PATH", "HOME", "LANG", "COVERAGE_PROCESS_CONFIG") if name in os.environ
    }
    own = {"GRADER_CACHE": course.parent / "cache", "GRADER_DATA": course.parent / "data", "GRADER_ACTOR": "prof"}
    return kept | {name: str(value) for name, value in own.items()} | {"OMP_NUM_THREADS": "1"}


def start(course: Path, *arguments, variables=None) -> subprocess.Popen:
    """Start a command, with more variables where a test needs them."""
    return subprocess.Popen(
        [*GRADER, *map(str, arguments)],
        cwd=course,
        env=environment(course) | (variables or {}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def call(course: Path, *arguments, code: int | None = 0, timeout: float = 240):
    """Run a command and expect an exit code; returns its JSON where `--json` was asked for, else its output."""
    process = start(course, *arguments)
    out, err = process.communicate(timeout=timeout)
    assert code is None or process.returncode == code, (process.returncode, out, err)
    return json.loads(out) if "--json" in arguments else out + err
