"""The catalogue of everything that can go wrong, one code each, with its cause and its cure."""

import tomllib
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Code:
    """One entry of the catalogue, as `grader explain` prints it."""

    code: str
    """`GR` and three digits; the first digit says whose fault it is."""
    title: str
    """What happened, in one phrase."""
    cause: str
    """Why it happens."""
    cure: str
    """What to do next."""
    exit_code: int
    """The exit code of a command that ends with this error; 0 for a notice, which stops nothing."""


def _read(path: Path) -> dict[str, Code]:
    with path.open("rb") as file:
        return {code: Code(code, **entry) for code, entry in tomllib.load(file).items()}


#: Every code of codes.toml, in its order.
CODES: dict[str, Code] = _read(Path(__file__).with_suffix(".toml"))
