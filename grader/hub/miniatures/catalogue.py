"""The catalogue of everything that the embedded Hub holds: read from one YAML file, checked against its schema."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

import jsonschema
import msgspec
import yaml

from grader.errors import LabFault

CATALOGUE = Path(__file__).with_name("catalogue.yaml")
SCHEMA = Path(__file__).with_name("catalogue.schema.json")


@dataclass(frozen=True)
class Build:
    """Files that a recipe makes: the weights of a model, or the rows of a dataset."""

    recipe: str
    """A module of `grader.hub.miniatures.recipes`."""
    about: str
    """What it is and what it learned, as sentences for a card."""
    seconds: float
    """CPU seconds it took when it was last built."""
    parameters: Mapping[str, Any] = field(default_factory=dict[str, Any])
    needs: Mapping[str, str] = field(default_factory=dict[str, str])
    """Name in the recipe -> name of a build."""
    shipped: bool = True
    """Whether the snapshot holds it; the others are made where they are used."""


@dataclass(frozen=True)
class Entry:
    """One repository of the Hub."""

    id: str
    """`ns/name`."""
    kind: Literal["model", "dataset"]
    builds: tuple[str, ...]
    """Whose files it holds."""
    downloads: int
    likes: int
    created: str
    """Year-month-day."""
    modified: str
    task: str | None = None
    licence: str | None = None
    about: str = ""
    card: Literal["good", "poor", "missing"] = "good"
    language: tuple[str, ...] = ("en",)
    library: str | None = "transformers"
    base_model: str | None = None
    datasets: tuple[str, ...] = ()
    gated: Literal["auto", "manual"] | None = None
    tags: tuple[str, ...] = ()
    """Git tags."""
    alias: str | None = None
    extras: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    """Name of a larger variant -> the builds that it adds."""


@dataclass(frozen=True)
class Catalogue:
    """All builds and all repositories."""

    builds: Mapping[str, Build]
    models: Mapping[str, Entry]
    datasets: Mapping[str, Entry]

    def entry(self, asked: str) -> tuple[Entry, tuple[str, ...]]:
        """Find what an id names.

        Args:
            asked: `ns/name`, `datasets/ns/name`, with `:variant` behind it for a larger variant.

        Returns:
            The entry, and the builds whose files its repository holds.

        Raises:
            LabFault: GR205, there is no such entry or variant.
        """
        name, _, variant = asked.partition(":")
        table = self.datasets if name.startswith("datasets/") else self.models
        found = table.get(name.removeprefix("datasets/"))
        if found is None or (variant and variant not in found.extras):
            raise LabFault("GR205", f"The catalogue of the Hub has no {asked}.", "List its ids with `grader hub list`.")
        return found, found.builds + found.extras.get(variant, ())

    def ids(self) -> Iterator[str]:
        """The ids of all repositories, datasets with `datasets/` before them."""
        yield from self.models
        yield from (f"datasets/{name}" for name in self.datasets)


@cache
def load_catalogue(path: Path = CATALOGUE) -> Catalogue:
    """Read a catalogue and check it.

    Args:
        path: a YAML file.

    Returns:
        The catalogue.

    Raises:
        LabFault: GR205, with every error in the hint.
    """
    try:
        raw: Any = yaml.load(path.read_text(encoding="utf-8"), Loader=_PlainLoader)  # noqa: S506 - a CSafeLoader's child
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as exc:
        raise LabFault("GR205", f"{path.name} cannot be read: {exc}.") from exc
    errors = _schema_errors(raw) or _reference_errors(raw)
    if errors:
        raise LabFault("GR205", f"{path.name} has {len(errors)} errors.", "\n".join(errors))
    return Catalogue(
        builds=msgspec.convert(raw["builds"], dict[str, Build]),
        models={row["id"]: msgspec.convert({"kind": "model", **row}, Entry) for row in raw["models"]},
        datasets={row["id"]: msgspec.convert({"kind": "dataset", **row}, Entry) for row in raw["datasets"]},
    )


class _PlainLoader(yaml.CSafeLoader):
    """Reads dates as they are written, because they are words to us."""


_PlainLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in found if tag != "tag:yaml.org,2002:timestamp"]
    for first, found in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


def _schema_errors(raw: Any) -> list[str]:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    validator = jsonschema.Draft202012Validator(schema)
    found = sorted(validator.iter_errors(raw), key=lambda error: [str(part) for part in error.absolute_path])
    return [f"{'/'.join(str(part) for part in error.absolute_path)}: {error.message}" for error in found]


def _reference_errors(raw: Any) -> list[str]:
    """Names that nothing has, and names that two have."""
    builds = raw["builds"]
    errors = [
        f"builds/{name}: needs {needed}, which is not defined above it"
        for at, (name, build) in enumerate(builds.items())
        for needed in build.get("needs", {}).values()
        if needed not in list(builds)[:at]
    ]
    for table in ("models", "datasets"):
        seen: set[str] = set()
        for row in raw[table]:
            wanted = [*row["builds"], *(name for extra in row.get("extras", {}).values() for name in extra)]
            errors += [f"{table}/{row['id']}: no build {name}" for name in wanted if name not in builds]
            errors += [f"{table}/{row['id']}: listed twice"] if row["id"].lower() in seen else []
            seen.add(row["id"].lower())
    return errors
