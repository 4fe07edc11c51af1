"""Settings from the environment and pyproject.toml, read once into a frozen object that only cli and wiring see."""

import getpass
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import platformdirs

from grader.errors import UsageFault

#: Folders that mark the root of a course: where labs are read from and runs are written to.
MARKERS = ("labs", "checks")


@dataclass(frozen=True)
class Settings:
    """Everything that may be set from outside, with its value in force."""

    root: Path
    """The course: the folder that holds labs/ and checks/. `GRADER_ROOT`, or found upwards from the current folder."""
    runs: Path
    """Where run folders are made. `GRADER_RUNS`, default `runs` below the root."""
    cache: Path
    """Miniatures and measurements, shared by all courses of this user. `GRADER_CACHE`."""
    data: Path = field(default_factory=lambda: Path(platformdirs.user_data_dir("grader")))
    """What only the user who grades may read: the key that seals runs. `GRADER_DATA`."""
    profile: str = "miniature"
    """Profile of a lab to run. `GRADER_PROFILE`."""
    sandbox: str = "auto"
    """Containment: `auto` takes the strongest that works; `bubblewrap`, `namespaces`, `process`. `GRADER_SANDBOX`."""
    allow_weak: bool = False
    """Whether a weaker containment may stand in for one that fails here. `GRADER_ALLOW_WEAK`, `1` for yes."""
    cache_gib: float = 10.0
    """Most that remembered runs may take, in GiB; 0 remembers none. `GRADER_CACHE_GIB`."""
    warm: str = "auto"
    """Warm server: `auto` uses the one of `grader warm start`, and else has one come up beside the first of several;
    `beside` always does; `off` uses none; else the folder of one. `GRADER_WARM`."""
    device: str = "auto"
    """`auto`, `cpu` or `cuda`; `auto` takes what the profile says. `GRADER_DEVICE`."""
    hub_base: Path | None = None
    """What the Hub serves: a base that was pulled or imported; the miniatures when left out. `GRADER_HUB_BASE`."""
    gradebook: str = ""
    """The gradebook: an SQLite file, or the URL of a PostgreSQL database. `GRADER_GRADEBOOK`, default `gradebook.db` in
    the folder for runs."""
    engine: str = "local"
    """Where a batch's workers run: `local`, or `ray` on the machines of a cluster. `GRADER_ENGINE`."""
    ray_address: str = ""
    """`host:port` of the cluster's head; the cluster of this machine when left out. `GRADER_RAY_ADDRESS`."""
    actor: str = "staff"
    """Who works with the gradebook, for its log. `GRADER_ACTOR`, default the name of the system's user."""
    student: str = "student"
    """Whose submission it is when nothing else tells. `GRADER_STUDENT`, default the name of the system's user."""


#: Setting -> environment variable; also the keys of `[tool.grader]` in pyproject.toml.
VARIABLES = {name: f"GRADER_{name.upper()}" for name in Settings.__dataclass_fields__}


def read_settings(start: Path | None = None, environment: Mapping[str, str] | None = None) -> Settings:
    """Read the settings for a command started in a folder.

    Args:
        start: where to look for the course's root from; the current folder when left out.
        environment: environment variables; those of the process when left out.

    Returns:
        The settings: environment first, then `[tool.grader]` of the root's pyproject.toml, then the defaults.

    Raises:
        UsageFault: GR102, no course was found; GR104, a key of `[tool.grader]` does not exist.
    """
    variables = os.environ if environment is None else environment
    root = _find_root(start or Path.cwd(), variables.get(VARIABLES["root"]))
    table = _project_table(root)

    def value(name: str, default: str) -> str:
        return variables.get(VARIABLES[name]) or str(table.get(name, default))

    return Settings(
        root=root,
        runs=root / value("runs", "runs"),
        cache=Path(value("cache", platformdirs.user_cache_dir("grader"))).expanduser().resolve(),
        data=Path(value("data", platformdirs.user_data_dir("grader"))).expanduser().resolve(),
        profile=value("profile", "miniature"),
        sandbox=value("sandbox", "auto"),
        allow_weak=value("allow_weak", "0").lower() in {"1", "true", "yes"},
        cache_gib=_number("cache_gib", value("cache_gib", "10")),
        warm=value("warm", "auto"),
        device=value("device", "auto"),
        hub_base=Path(base).expanduser().resolve() if (base := value("hub_base", "")) else None,
        gradebook=_gradebook(root, value("gradebook", "")),
        engine=value("engine", "local"),
        ray_address=value("ray_address", ""),
        actor=value("actor", _user_name()),
        student=value("student", _user_name()),
    )


def _number(name: str, text: str) -> float:
    try:
        return max(0.0, float(text))
    except ValueError:
        raise UsageFault("GR104", f"{VARIABLES[name]} is a number, not {text}.") from None


def _find_root(start: Path, named: str | None) -> Path:
    candidates = [Path(named).expanduser().resolve()] if named else [start.resolve(), *start.resolve().parents]
    for folder in candidates:
        if all((folder / marker).is_dir() for marker in MARKERS):
            return folder
    raise UsageFault(
        "GR102",
        f"No course found at {candidates[0]}: a folder with labs/ and checks/ is needed.",
        "Go to the course's folder, or name it with `-C DIR`.",
    )


def _project_table(root: Path) -> Mapping[str, Any]:
    path = root / "pyproject.toml"
    if not path.is_file():
        return {}
    table: Mapping[str, Any] = tomllib.loads(path.read_text("utf-8")).get("tool", {}).get("grader", {})
    unknown = sorted(set(table) - set(VARIABLES))
    if unknown:
        raise UsageFault(
            "GR104",
            f"[tool.grader] in {path} has unknown keys: {', '.join(unknown)}.",
            f"It knows: {', '.join(VARIABLES)}.",
        )
    return table


def _gradebook(root: Path, named: str) -> str:
    """A URL as it is; a file from the course's folder."""
    return named if not named or "://" in named else str(root / named)


def _user_name() -> str:
    try:
        name = getpass.getuser()
    except (OSError, KeyError):  # no passwd entry and no USER: a bare container
        return "student"
    return re.sub(r"[^a-z0-9_-]", "-", name.lower()) or "student"
