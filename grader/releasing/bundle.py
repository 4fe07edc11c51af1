"""Writes what a student gets: notebooks, visible checks, data and the grader itself, the same bytes every time."""

import re
import shutil
import tomllib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from grader.errors import LabFault, UsageFault
from grader.model.lab import Lab
from grader.releasing.leaks import find_leaks
from grader.releasing.starter import release

#: Names of folders that no student gets, and of what Python and editors leave behind.
_NEVER = frozenset({"hidden", "cases", "__pycache__", ".ipynb_checkpoints", "out"})
#: Tables of lab.toml that are about wrong submissions.
_TEACHERS_TABLES = ("strength", "calibration")
#: Files and folders of the course's root that students get as they are, where they are there.
_PLAIN = (
    "LICENSE",
    "docs/artifacts.md",
    "docs/errors.md",
    "docs/students.md",
    "grader",
    "pyproject.toml",
    "reports/templates",
    "requirements.lock",
)
#: Without these there is nothing that a student could run.
_NEEDED = ("Makefile", "grader")
_TARGETS = ("help", "setup", "$(STAMP)", "grade", "clean")


def write_bundle(root: Path, labs: Sequence[Lab], destination: Path) -> tuple[str, ...]:
    """Write the copy of a course that students get.

    Args:
        root: the course.
        labs: its labs.
        destination: a folder that does not exist yet, or is empty.

    Returns:
        Paths of the files in it, in order.

    Raises:
        UsageFault: GR106, the folder holds something or cannot be written.
        LabFault: GR207, something that students must not have would be inside; the folder is removed again.
        LabFault: GR203, a starter cannot be made; GR204, the course lies in no copy of the grader.
    """
    if lost := [name for name in _NEEDED if not (root / name).exists()]:
        raise LabFault(
            "GR204",
            f"A bundle holds the grader too; {root} has no {' and no '.join(lost)}.",
            "Put labs, solutions and checks into a clone of the grader.",
        )
    if destination.exists() and any(destination.iterdir()):
        raise UsageFault("GR106", f"{destination} holds something already.", "Name a new folder.")
    try:
        _copy_all(root, labs, destination)
    except OSError as exc:
        message = f"{destination} cannot be written: {exc.strerror}."
        raise UsageFault("GR106", message, "Name a folder that can be written.") from exc
    leaks = find_leaks(destination, labs)
    if leaks:
        shutil.rmtree(destination)
        listed = "\n".join(f"  - {leak}" for leak in leaks[:20])
        raise LabFault("GR207", f"The bundle would hold what students must not have:\n{listed}")
    return tuple(path.relative_to(destination).as_posix() for path in _files(destination))


def _copy_all(root: Path, labs: Sequence[Lab], destination: Path) -> None:
    destination.mkdir(parents=True, exist_ok=True)
    for name in _PLAIN:
        _copy(root / name, destination / name)
    for track in sorted({lab.toml.parent for lab in labs}):
        _copy(track, destination / "labs" / track.name, lambda path: path.suffix not in {".ipynb", ".toml"})
    for checks in sorted({lab.checks_root for lab in labs}):
        _copy(checks, destination / "checks" / checks.name)
    for lab in labs:
        place = destination / "labs" / lab.track
        place.mkdir(parents=True, exist_ok=True)
        (place / lab.starter.name).write_bytes(release(lab.solution, lab))
        (place / lab.toml.name).write_text(student_toml(lab.toml.read_text("utf-8")), "utf-8")
    (destination / "Makefile").write_text(student_makefile((root / "Makefile").read_text("utf-8")), "utf-8")
    (destination / "README.md").write_text(_readme(labs), "utf-8")


def _copy(source: Path, target: Path, wanted: Callable[[Path], bool] = lambda _: True) -> None:
    """Copy a file or a folder without what no student gets; what is not there is left out."""
    for path in _files(source):
        inner = path.relative_to(source)
        if not _NEVER & set(inner.parts) and wanted(path):
            place = target / inner if source.is_dir() else target
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, place)


def _files(place: Path) -> Iterator[Path]:
    if place.is_file():
        yield place
    else:
        yield from sorted(path for path in place.rglob("*") if path.is_file())


def student_toml(text: str) -> str:
    """Return a lab.toml without the tables that are about wrong submissions; all else stays as it is.

    Args:
        text: the file.

    Raises:
        LabFault: GR201, it could not be taken apart by lines.
    """
    kept: list[str] = []
    inside = False
    for line in text.splitlines():
        heading = re.match(r"^\s*\[+\s*([\w-]+)", line)
        if heading:
            inside = heading[1] in _TEACHERS_TABLES
        if not inside:
            kept.append(line)
    made = "\n".join(kept).rstrip() + "\n"
    expected = {key: value for key, value in tomllib.loads(text).items() if key not in _TEACHERS_TABLES}
    if tomllib.loads(made) != expected:
        raise LabFault("GR201", "lab.toml cannot be cut for students.", "Write each table under a heading of its own.")
    return made


def student_makefile(text: str) -> str:
    """Return the Makefile with the targets that a student has."""
    parts = text.split("\n\n")
    kept = [part for part in parts if _target(part) in {None, *_TARGETS}]
    made = re.sub(r"^#.*\n", "", "\n\n".join(kept).rstrip(), flags=re.MULTILINE)
    lines = [line for line in made.split("\n") if _is_used(line, made)]
    names = " ".join(name for name in _TARGETS if not name.startswith("$"))
    made = re.sub(r"^\.PHONY:.*$", f".PHONY: {names}", "\n".join(lines), flags=re.MULTILINE)
    return f"# `make grade` grades your notebooks; `make` alone lists the rest.\n{made}\n"


def _is_used(line: str, text: str) -> bool:
    """Whether a line is no variable, or one that something uses."""
    variable = re.match(r"^(\w+) *(?:\?=|:=)", line)
    return variable is None or f"$({variable[1]})" in text


def _target(part: str) -> str | None:
    """The target that a paragraph makes; None for variables and settings."""
    found = re.search(r"^([a-z$(][\w$()-]*):(?!=)", part, re.MULTILINE)
    return found[1] if found and not part.lstrip().startswith(("#", ".", "export")) else None


def _readme(labs: Sequence[Lab]) -> str:
    rows = "\n".join(f"| {lab.id} | {lab.title} | `labs/{lab.track}/{lab.starter.name}` |" for lab in labs)
    return f"""# Your labs

```
make grade              grades the labs that you have begun
make grade LAB={labs[0].id}    grades one of them
```
Python 3.11 or later and make are enough; the first call installs the rest into `.venv`. Nothing leaves your machine.

| lab | what you do | notebook |
|---|---|---|
{rows}

[docs/students.md](docs/students.md) says how to work on a lab and how to read the report,
[docs/errors.md](docs/errors.md) what a code means. Hidden checks are not in this copy: they run when you submit.
"""
