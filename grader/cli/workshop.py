"""Opens the collaborators for a command from its options; flags win over settings."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from grader.errors import UsageFault
from grader.model.lab import Scalar
from grader.settings import Settings, read_settings

if TYPE_CHECKING:
    from grader.wiring import Workshop
    from grader.wiring.classroom import Classroom


def settings_for(
    directory: Path | None,
    *,
    runs: Path | None = None,
    sandbox: str | None = None,
    allow_weak: bool = False,
    gradebook: str | None = None,
    engine: str | None = None,
    ray_address: str | None = None,
) -> Settings:
    """Return the settings with this command's flags applied.

    Args:
        directory: `-C`, or None for the current folder.
        runs: `--runs`, or None.
        sandbox: `--sandbox`, or None.
        allow_weak: `--allow-weak`.
        gradebook: `--gradebook`, or None.
        engine: `--engine`, or None.
        ray_address: `--ray-address`, or None.
    """
    settings = read_settings(directory)
    if runs is not None:
        settings = replace(settings, runs=runs.resolve())
    if sandbox is not None:
        settings = replace(settings, sandbox=sandbox)
    if allow_weak:
        settings = replace(settings, allow_weak=True)
    if gradebook is not None:
        settings = replace(settings, gradebook=gradebook)
    if engine is not None:
        settings = replace(settings, engine=engine)
    if ray_address is not None:
        settings = replace(settings, ray_address=ray_address)
    return settings


def open_workshop(settings: Settings) -> "Workshop":
    """Build the collaborators; imported late so that `--help` stays instant."""
    from grader.wiring import Workshop

    return Workshop(settings)


def open_classroom(settings: Settings) -> "Classroom":
    """Build what a class needs; imported late so that `--help` stays instant."""
    from grader.wiring.classroom import Classroom

    return Classroom(settings)


def parse_overrides(pairs: list[str] | None) -> dict[str, Scalar]:
    """Turn `--set NAME=VALUE` options into parameters; numbers and booleans become what they look like.

    Args:
        pairs: the options as given.

    Returns:
        Parameter values by name.

    Raises:
        UsageFault: GR104, an option has no `=`.
    """
    overrides: dict[str, Scalar] = {}
    for pair in pairs or []:
        name, equals, text = pair.partition("=")
        if not equals or not name:
            raise UsageFault("GR104", f"--set {pair} has no NAME=VALUE.", "Write for example `--set epochs=2`.")
        overrides[name.strip()] = _scalar(text.strip())
    return overrides


def _scalar(text: str) -> Scalar:
    if text in {"true", "false"}:
        return text == "true"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
