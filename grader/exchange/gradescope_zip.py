"""Packs a course into the zip that Gradescope makes an autograder of."""

import contextlib
import zipfile
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

from grader.errors import InternalFault, UsageFault

#: What an autograder needs of a course; solutions stay at home.
_FOLDERS = ("grader", "labs", "checks", "reports")
_FILES = ("pyproject.toml", "requirements.lock", "README.md")
_LEFT_OUT = frozenset({"__pycache__", "out", "cases", ".ipynb_checkpoints", ".venv"})
#: A fixed time, so that the same course makes the same zip.
_TIME = (2026, 1, 1, 0, 0, 0)


def gradescope_zip(root: Path, target: Path, lab_id: str | None = None) -> int:
    """Write an autograder zip.

    Args:
        root: the course, with the grader in it.
        target: the zip to write.
        lab_id: the lab that every submission must be of; else a notebook says which it is.

    Returns:
        The number of files in it.

    Raises:
        UsageFault: GR102, the course lacks a part that is needed.
        InternalFault: GR507, the zip could not be written.
    """
    missing = [name for name in ("grader", "labs", "checks", *_FILES[:2]) if not (root / name).exists()]
    if missing:
        hint = "Make it in the repository of the course."
        raise UsageFault("GR102", f"{root} lacks what an autograder needs: {', '.join(missing)}.", hint)
    partial = target.with_name(target.name + ".partial")
    count = 0
    try:
        with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in script_files(lab_id).items():
                _add(archive, name, content, executable=True)
            for path in _course_files(root):
                _add(archive, path.relative_to(root).as_posix(), path.read_bytes(), executable=False)
                count += 1
        partial.replace(target)
    except OSError as exc:
        raise InternalFault("GR507", f"{target} could not be written: {exc.strerror}.") from exc
    finally:
        with contextlib.suppress(OSError):
            partial.unlink()
    return count


def script_files(lab_id: str | None) -> dict[str, bytes]:
    """Return the two scripts that Gradescope runs, by name.

    Args:
        lab_id: the lab of every submission, if it is fixed.
    """
    option = f"--lab {lab_id}" if lab_id else ""
    run = template("run_autograder").replace(" LAB_OPTION", f" {option}" if option else "")
    return {"setup.sh": template("setup.sh").encode(), "run_autograder": run.encode()}


def template(name: str) -> str:
    """Return a file of `templates/`."""
    return (resources.files("grader.exchange") / "templates" / name).read_text("utf-8")


def _course_files(root: Path) -> Iterator[Path]:
    for name in _FILES:
        if (root / name).is_file():
            yield root / name
    for folder in _FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            inside = path.relative_to(root).parts
            if path.is_file() and not path.is_symlink() and not _LEFT_OUT & set(inside):
                yield path


def _add(archive: zipfile.ZipFile, name: str, content: bytes, *, executable: bool) -> None:
    info = zipfile.ZipInfo(name, _TIME)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = (0o100755 if executable else 0o100644) << 16
    archive.writestr(info, content)
