"""Fetches what was handed in from a storage, by the URL of a folder, an archive or a notebook, through fsspec."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import fsspec

from grader.errors import GraderError, MachineFault, SubmissionFault, UsageFault
from grader.intake.archive import ArchiveLimits
from grader.intake.archive_names import Names
from grader.intake.handins.base import MOST_FILES
from grader.intake.source import plain_name, printable
from grader.model.artifact import Refusal


@dataclass(frozen=True)
class Fetched:
    """What can be read from the disk now."""

    places: tuple[Path, ...]
    """Folders, archives and notebooks, in the order in which they were named."""
    refused: tuple[Refusal, ...] = ()
    """Files of a storage that were not taken."""


def fetch_places(places: Sequence[str], scratch: Path, *, trust_times: bool = False) -> Fetched:
    """Fetch every place that is a URL; the others stay where they are.

    Args:
        places: paths, and URLs such as `s3://bucket/lab-2.5.4`.
        scratch: an existing folder to fetch into.
        trust_times: whether the files' own times are to be trusted: those of a storage say when they were stored.

    Raises:
        UsageFault: GR102, a URL names nothing or the storage refuses; GR104, its times cannot be trusted.
        MachineFault: GR606, the package for this storage is not installed.
        SubmissionFault: GR310, the name cannot be kept; GR324, it holds too much.
    """
    found: list[Path] = []
    refused: list[Refusal] = []
    for number, place in enumerate(places):
        if "://" not in place:
            found.append(Path(place))
        elif trust_times:
            raise UsageFault("GR104", f"--trust-times says nothing for {printable(place)}.", "Download it first.")
        else:
            path, left = _fetch(place, scratch / f"fetched-{number}")
            found.append(path)
            refused += left
    return Fetched(tuple(found), tuple(refused))


def _fetch(url: str, target: Path) -> tuple[Path, list[Refusal]]:
    shown = printable(url.partition("?")[0])  # what follows may be somebody's token
    try:
        storage, root = fsspec.core.url_to_fs(url)
        if storage.isfile(root):
            return _fetch_file(storage, root, target), []
        if storage.isdir(root):
            return target, _fetch_folder(storage, root, target)
    except GraderError:
        raise
    except ImportError as exc:
        raise MachineFault(
            "GR606", f"{shown} needs another package: {exc}.", "Install what the message names."
        ) from exc
    except Exception as exc:  # every storage raises its own
        why = printable(f"{type(exc).__name__}: {exc}".replace(url, shown), 200)
        raise UsageFault("GR102", f"{shown} cannot be fetched: {why}.") from exc
    raise UsageFault("GR102", f"{shown} is not there.")


def _fetch_file(storage: Any, path: str, target: Path) -> Path:
    target.mkdir()
    kept = target / plain_name(Path(PurePosixPath(path.partition("?")[0]).name))
    storage.get_file(path, str(kept))
    return kept


def _fetch_folder(storage: Any, root: str, target: Path) -> list[Refusal]:
    """Fetch the files below a folder whose names can be kept; links are left there, whatever they lead to."""
    limits = ArchiveLimits()
    names, refused, total = Names(limits.levels), list[Refusal](), 0
    target.mkdir()
    for path, facts in itertools.islice(sorted(storage.find(root, detail=True).items()), MOST_FILES):
        given = path[len(root) :].lstrip("/")
        admitted = names.admit(given)
        if admitted is None:
            continue
        linked = "is a link" if facts.get("islink") or facts.get("type") == "link" else None
        if reason := admitted.reason or linked or names.add_file(admitted.parts):
            refused.append(Refusal(printable(given), "GR313", reason))
            continue
        total += int(facts.get("size") or 0)
        if total > limits.total_bytes:
            raise SubmissionFault("GR324", f"{printable(root)} holds more than {limits.total_bytes / 2**30:.0f} GiB.")
        kept = target.joinpath(*admitted.parts)
        kept.parent.mkdir(parents=True, exist_ok=True)
        storage.get_file(path, str(kept))
    return refused
