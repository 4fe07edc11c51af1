"""The models that a student documents in lab 2.5.1, each beside what the Hub says of it."""

import datetime
from dataclasses import dataclass
from typing import Any

FIELDS = (
    *("task", "library", "architecture", "parameters", "weight_bytes", "license", "languages"),
    *("downloads", "likes", "last_modified", "gated"),
)
TEXTS = ("strengths", "limitations", "use_for")


@dataclass(frozen=True)
class Documented:
    """One entry of models.json."""

    entry: Any
    profile: Any
    """The facts at the stated revision, or at main where there is no such revision; None for an unknown id."""
    exists: bool
    """Whether the Hub served this id at this revision."""

    @property
    def model_id(self) -> str:
        """The id that the student states."""
        return self.entry.text("model_id")

    @property
    def text(self) -> str:
        """What the student writes about it."""
        return "\n".join(self.entry.get(name) or "" for name in TEXTS)


def documented(artifacts, hub, run) -> list[Documented]:
    """The entries of models.json; a model that the run pushed itself was not found on the Hub."""
    found: list[Documented] = []
    for entry in artifacts.json("models.json").objects("models"):
        name, revision = entry.text("model_id"), entry.text("revision")
        profile = hub.profile(name)
        known = profile is not None and profile.repo_type == "model" and profile.author != run.student_id
        exists = known and hub.profile(name, revision) is not None
        found.append(Documented(entry, profile if known else None, exists))
    return found


def distinct(models) -> set[str]:
    """Ids without those that differ in case alone."""
    return {model.model_id.casefold() for model in models}


def facts(profile) -> dict[str, Any]:
    """What the Hub says, by the fields of models.json."""
    licences = profile.licenses
    return {
        "task": profile.task,
        "library": profile.library,
        "architecture": profile.architectures[0] if profile.architectures else None,
        "parameters": profile.parameters,
        "weight_bytes": profile.weight_bytes,
        "license": licences[0] if len(licences) == 1 else list(licences) or None,
        "languages": list(profile.languages),
        "downloads": profile.downloads,
        "likes": profile.likes,
        "last_modified": profile.last_modified,
        "gated": profile.gated or False,
    }


def same(field: str, claimed: Any, told: Any) -> bool:
    """Whether a fact of the student's is the Hub's."""
    if field == "languages":
        return isinstance(claimed, list) and sorted(map(str, claimed)) == sorted(told)
    if field == "last_modified":
        return _same_date(claimed, told)
    if field == "gated":
        return claimed == told if isinstance(claimed, str) else claimed is bool(told)
    if field == "license" and isinstance(claimed, list):
        return sorted(map(str, claimed)) == sorted([told] if isinstance(told, str) else told or [])
    return claimed == told and isinstance(claimed, bool) == isinstance(told, bool)


def _same_date(claimed: Any, told: str) -> bool:
    """A date is enough; a date with a time must be the same moment."""
    try:
        moment, right = (datetime.datetime.fromisoformat(text) for text in (claimed, told))
    except (TypeError, ValueError):
        return False
    if len(claimed) == len("2024-01-31"):
        return moment.date() == right.date()
    return (moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)) == right
