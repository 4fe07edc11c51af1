"""Looks for what students must not have in the copy of a course that they get."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from grader.model.lab import Lab
from grader.releasing.regions import solution_lines

#: Lines in a row that tell where a text comes from, and how many characters they have together at least.
_RUN = 3
#: The program is no secret and is made of no secret: only a long run of lines would be more than a coincidence.
_RUN_IN_PROGRAM = 8
_CHARACTERS = 60
_SECRET_FOLDERS = frozenset({"hidden", "cases", "solutions"})
Run = tuple[str, ...]
_TEXTS = frozenset({".py", ".toml", ".ipynb", ".md", ".json", ".txt", ".yaml", ".csv", ".j2", ".css", ""})


def find_leaks(bundle: Path, labs: Sequence[Lab]) -> list[str]:
    """Say what in a bundle belongs to teachers.

    Args:
        bundle: the folder that students would get.
        labs: the labs of the course that it was made of, with their hidden files.

    Returns:
        One sentence for each file whose name, content or run of lines is secret; empty when there is none.
    """
    secrets = list(_secret_files(labs))
    visible = {path.name for lab in labs for path in lab.checks_root.glob("*")}
    names = {path.name for path in secrets if path.suffix != ".ipynb"} - visible
    contents = {_sha256(path): path.name for path in secrets}
    public = [path for lab in labs for path in lab.check_modules]
    runs = {length: _secret_runs(secrets, public, length) for length in (_RUN, _RUN_IN_PROGRAM)}
    found: list[str] = []
    for path in sorted(path for path in bundle.rglob("*") if path.is_file()):
        where = path.relative_to(bundle)
        length = _RUN_IN_PROGRAM if where.parts[0] == "grader" else _RUN
        if _SECRET_FOLDERS & set(where.parts[:-1]) or path.name in names:
            found.append(f"{where} has a name that only teachers have")
        elif _sha256(path) in contents:
            found.append(f"{where} has the content of {contents[_sha256(path)]}")
        elif path.suffix in _TEXTS and (held := _held(path, runs[length], length)):
            found.append(f"{where} holds lines of {held}")
    return found


def _secret_runs(secrets: Sequence[Path], public: Sequence[Path], length: int) -> dict[Run, list[str]]:
    """Which files of teachers each run of lines is from; those that visible checks hold too are no secret."""
    known = {run for path in public for run in _runs(_lines(path.read_text("utf-8")), length)}
    found: dict[Run, list[str]] = {}
    for path in secrets:
        for run in _runs(_secret_lines(path), length) - known:
            found.setdefault(run, []).append(path.name)
    return found


def _held(path: Path, secret: Mapping[Run, list[str]], length: int) -> str:
    """The file whose lines another one holds, with the first of them; a lab may show what another one asks for."""
    for run in _bundled_runs(path, length):
        for name in secret.get(run, ()):
            if path.suffix != ".ipynb" or not name.endswith(".ipynb") or name == path.name:
                return f"{name}: {run[0][:60]} ..."
    return ""


def _secret_files(labs: Sequence[Lab]) -> Iterator[Path]:
    roots = {place for lab in labs for place in (lab.checks_root / "hidden", lab.checks_root / "cases")}
    for place in sorted({*roots, *(lab.solution.parent for lab in labs)}):
        for path in sorted(place.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path


def _secret_lines(path: Path) -> list[str]:
    """The lines that tell: of a solution those between its markers, of a module of teachers all but the imports."""
    if path.suffix == ".ipynb":
        cells = _cells(path)
        return [line for number, source in enumerate(cells) for line in solution_lines(source, f"Cell {number}")]
    return _lines(path.read_text("utf-8")) if path.suffix == ".py" else []


def _bundled_runs(path: Path, length: int) -> set[Run]:
    if path.suffix == ".ipynb":
        return _runs([line for source in _cells(path) for line in _lines(source)], length)
    return _runs(_lines(path.read_text("utf-8", errors="replace")), length)


def _cells(path: Path) -> list[str]:
    notebook: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines()]


def _runs(lines: Sequence[str], length: int) -> set[Run]:
    """Every few lines in a row that are long enough together to be nobody else's."""
    told = [line for line in lines if line and not line.startswith(("import ", "from ", "#"))]
    found = (tuple(told[start : start + length]) for start in range(len(told) - length + 1))
    return {run for run in found if sum(map(len, run)) >= _CHARACTERS}


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
