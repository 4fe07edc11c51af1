"""Reads the downloads of Canvas, Moodle and Gradescope."""

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

import yaml

from grader.errors import SubmissionFault
from grader.intake.handins.base import HandedIn, Who, notebooks_below, relative

#: `lovelaceada_LATE_123_456_lab.ipynb`: content_zipper.rb of canvas-lms.
CANVAS = re.compile(
    r"^(?:(?P<name>\w+?)_)??(?:(?P<late>LATE)_)?(?:(?P<user>\d+)|anon_(?P<anon>[A-Za-z0-9]+))_(?P<file>\d+)_(?P<filename>.+)$"
)
#: `Ada Lovelace_123_assignsubmission_file_/lab.ipynb`: downloader.php of mod_assign, with folders or without.
MOODLE = re.compile(r"^(?P<name>.+)_(?P<id>\d+)_assignsubmission_(?P<plugin>[a-z]+)(?:_/|/|_)(?P<path>.+)$")
GRADESCOPE = "submission_metadata.yml"
_MOST_METADATA_BYTES = 64 * 1024**2


def canvas(folder: Path) -> Iterator[HandedIn]:
    """Read a Canvas download: one file, or one unpacked archive, per submission."""
    for path in notebooks_below(folder):
        shown = relative(path, folder)
        found = CANVAS.match(shown.split("/")[0])
        if found is None:
            continue
        user = found["user"] or f"anon-{found['anon']}"
        who = Who(user, found["name"] or "", lms={"canvas": user})
        yield HandedIn(path, who, shown, "canvas", late_mark=found["late"] is not None)


def moodle(folder: Path) -> Iterator[HandedIn]:
    """Read a Moodle download: folders or flat names."""
    for path in notebooks_below(folder):
        shown = relative(path, folder)
        found = MOODLE.match(shown)
        if found is not None and found["plugin"] == "file":
            yield HandedIn(path, Who(found["id"], found["name"], lms={"moodle": found["id"]}), shown, "moodle")


def gradescope(folder: Path) -> Iterator[HandedIn]:
    """Read a Gradescope export; a submission of a group counts for each of its members.

    Raises:
        SubmissionFault: GR323, its metadata cannot be read.
    """
    root = gradescope_root(folder)
    if root is None:
        return
    for name, entry in _metadata(root / GRADESCOPE).items():
        place = root / str(name)
        if not isinstance(entry, Mapping) or place.parent != root or not place.is_dir():
            continue
        fields = cast("Mapping[str, Any]", entry)
        received = _time(fields.get(":created_at"))
        people = [_member(member) for member in fields.get(":submitters") or [] if isinstance(member, Mapping)]
        for path in notebooks_below(place):
            for who in people:
                yield HandedIn(path, who, relative(path, folder), "gradescope", received)


def gradescope_root(folder: Path) -> Path | None:
    """Return the folder with the metadata of a Gradescope export: this one, or the only one in it."""
    for place in (folder, *sorted(path for path in folder.iterdir() if path.is_dir())):
        if (place / GRADESCOPE).is_file():
            return place
    return None


class _Loader(yaml.SafeLoader):
    """Reads the tags that Ruby writes as the plain data below them; makes no objects."""


def _plain_ruby(loader: yaml.SafeLoader, _tag: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.MappingNode):
        mapping = loader.construct_mapping(node)
        return mapping.get("utc", mapping)
    return loader.construct_scalar(cast("yaml.ScalarNode", node))


_Loader.add_multi_constructor("!ruby/", _plain_ruby)


def _metadata(path: Path) -> Mapping[str, Any]:
    try:
        if path.stat().st_size > _MOST_METADATA_BYTES:
            raise SubmissionFault("GR323", f"{path.name} is too large.")
        content = yaml.load(path.read_text("utf-8"), Loader=_Loader)  # noqa: S506 - a SafeLoader
    except (OSError, UnicodeDecodeError, yaml.YAMLError, RecursionError) as exc:
        raise SubmissionFault("GR323", f"{path.name} of the Gradescope export cannot be read.") from exc
    return cast("Mapping[str, Any]", content) if isinstance(content, Mapping) else {}


def _member(entry: Mapping[str, Any]) -> Who:
    name, sid, email = (str(entry.get(key) or "") for key in (":name", ":sid", ":email"))
    return Who(sid or email or name, name, email)


def _time(value: object) -> dt.datetime | None:
    if isinstance(value, str):
        try:
            value = dt.datetime.fromisoformat(value.replace(" Z", "+00:00"))
        except ValueError:
            return None
    if not isinstance(value, dt.datetime):
        return None
    return value if value.tzinfo else value.replace(tzinfo=dt.UTC)
