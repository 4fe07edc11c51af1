"""Finds every notebook of a class in whatever the instructor has."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from grader.errors import UsageFault
from grader.intake.archive import is_archive, unpack
from grader.intake.handins.base import HandedIn, Who, modified, notebooks_below, relative
from grader.intake.handins.folders import clones, inner_root, is_nbgrader, nbgrader, plain
from grader.intake.handins.platforms import CANVAS, MOODLE, canvas, gradescope, gradescope_root, moodle
from grader.model.artifact import Refusal
from grader.model.lab import Lab
from grader.model.safe_text import one_line

Kind = Literal["folder", "canvas", "moodle", "gradescope", "nbgrader", "git"]
KINDS: tuple[str, ...] = get_args(Kind)
#: Whose downloads name the student of every file.
_PLATFORMS = {"canvas", "moodle", "gradescope"}


@dataclass(frozen=True)
class Found:
    """What a class handed in."""

    handins: tuple[HandedIn, ...]
    """Every notebook, sorted by name."""
    refused: tuple[Refusal, ...]
    """Members of archives that were not taken."""
    kinds: tuple[str, ...]
    """What each place was taken for."""


def find_handins(
    places: Sequence[Path], labs: Sequence[Lab], scratch: Path, kind: str | None = None, *, trust_times: bool = False
) -> Found:
    """Find every notebook.

    Args:
        places: folders, archives and single notebooks.
        labs: the labs that there are.
        scratch: an existing folder to unpack archives into.
        kind: what the places are; else each is looked at.
        trust_times: in plain folders, take a file's own time for the time when it was handed in.

    Raises:
        UsageFault: GR102, there is no such place; GR110, there is no notebook in any of them, or no such kind.
        SubmissionFault: GR310, GR323, GR324, an archive cannot be unpacked.
    """
    if kind is not None and kind not in KINDS:
        raise UsageFault("GR110", f"There is no kind of download called {kind}.", f"Choose {', '.join(KINDS)}.")
    slugs = tuple(lab.slug for lab in labs)
    handins: list[HandedIn] = []
    refused: list[Refusal] = []
    kinds: list[str] = []
    for number, place in enumerate(places):
        folder, trusted = place, trust_times
        if place.is_file() and is_archive(place.name):
            folder, trusted = scratch / str(number), False  # unpacking gives every file a new time
            refused += unpack(place, folder).refused
        elif place.is_file():
            received = modified(place) if trust_times else None
            handins.append(HandedIn(place, Who(place.stem), place.name, "folder", received))
            kinds.append("folder")
            continue
        elif not place.is_dir():
            raise UsageFault("GR102", f"{place} is not there.")
        chosen = kind or recognise(folder)
        kinds.append(chosen)
        read = list(_read(folder, chosen, slugs, trusted))
        handins += read
        refused += _nobodys(folder, chosen, read)
    if not handins:
        taken = ", ".join(sorted(set(kinds))) or "nothing"
        raise UsageFault("GR110", f"No notebook was found in {', '.join(map(str, places))} (read as {taken}).")
    return Found(tuple(handins), tuple(refused), tuple(kinds))


def recognise(folder: Path) -> str:
    """Return what kind of download a folder holds.

    Args:
        folder: the folder, or what came out of an archive.
    """
    if gradescope_root(folder) is not None:
        return "gradescope"
    shown = [relative(path, folder) for _, path in zip(range(50), notebooks_below(folder), strict=False)]
    # somebody may have put another file among them
    if 2 * sum(MOODLE.match(name) is not None for name in shown) > len(shown):
        return "moodle"
    if 2 * sum(CANVAS.match(name.split("/")[0]) is not None for name in shown) > len(shown):
        return "canvas"
    if is_nbgrader(folder):
        return "nbgrader"
    if any((path / ".git").exists() for path in folder.iterdir() if path.is_dir()):
        return "git"
    return "folder"


def _read(folder: Path, kind: str, slugs: tuple[str, ...], trust_times: bool) -> Iterator[HandedIn]:
    if kind == "folder":
        return plain(_only_folder(folder), slugs, trust_times=trust_times)
    readers = {"canvas": canvas, "moodle": moodle, "gradescope": gradescope, "nbgrader": nbgrader, "git": clones}
    return readers[kind](folder)


def _nobodys(folder: Path, kind: str, read: Sequence[HandedIn]) -> Iterator[Refusal]:
    """Name the notebooks of a learning platform's download of which nobody can tell whose they are."""
    if kind not in _PLATFORMS:
        return
    known = {entry.path for entry in read}
    for path in notebooks_below(folder):
        if path not in known:
            reason = f"its name is not as {kind.capitalize()} writes it, so nobody can tell whose it is"
            yield Refusal(one_line(relative(path, folder), 200), "GR325", reason)


def _only_folder(folder: Path) -> Path:
    """Look through the one folder that archives often wrap everything in, when students' folders are below it."""
    inside = [path for path in folder.iterdir() if not path.name.startswith((".", "__"))]
    if len(inside) == 1 and inside[0].is_dir() and any(path.is_dir() for path in inside[0].iterdir()):
        below = [path for path in inside[0].iterdir() if path.is_dir()]
        if any(next(notebooks_below(path), None) for path in below) and inner_root(folder) == folder:
            return inside[0]
    return folder
