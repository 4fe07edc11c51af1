"""Makes the environment of the GPU suite over the packages that the machine brings: with the standard library alone."""

import re
import site
import subprocess
import sys
import tomllib
import venv
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

ROOT = Path(__file__).parents[2]
NO_GPU = 6
#: What the suite imports beside the dependencies of the project.
TESTING = ("pytest", "pytest-timeout")
#: Never installed: the machine's is the build that fits its driver.
TORCH = "torch"


def main() -> int:
    """Make the environment named first from the folder of wheels named second, or from the package index."""
    if not any(Path("/dev").glob("nvidia[0-9]*")):
        print("GR601  Nothing to measure: this machine has no NVIDIA GPU.", file=sys.stderr)
        return NO_GPU
    here, wheels = Path(sys.argv[1]), Path(sys.argv[2])
    make_environment(here, [*site.getsitepackages(), str(ROOT)])
    offline = any(wheels.glob("*.whl"))
    chosen = wanted(lines(ROOT / "requirements.lock"), names_of(wheels) if offline else None)
    if missing := sorted(needed(ROOT / "pyproject.toml") - set(map(name_of, chosen)) - brought()):
        print(f"Neither in {wheels}/ nor on this machine: {', '.join(missing)}. See `make wheels`.", file=sys.stderr)
        return 1
    source = ["--no-index", "--find-links", str(wheels)] if offline else []
    command = [sys.executable, "-m", "pip", "--python", str(here / "bin" / "python"), "install", "--quiet", "--no-deps"]
    return subprocess.run([*command, *source, *chosen], check=False).returncode if chosen else 0


def make_environment(here: Path, paths: list[str]) -> None:
    """Make a virtual environment that also sees the packages in other folders, after its own.

    A virtual environment made from another one would see the packages of the system, and not those of the other.

    Args:
        here: where.
        paths: the folders, in the order in which they are searched.
    """
    venv.EnvBuilder(symlinks=True, clear=True).create(here)
    packages = next(here.glob("lib/python3*/site-packages"))
    (packages / "machine.pth").write_text("".join(f"{path}\n" for path in paths), encoding="utf-8")


def lines(lock: Path) -> list[str]:
    """Return the pinned packages of a lock file."""
    return [line for line in lock.read_text("utf-8").splitlines() if re.match(r"[A-Za-z0-9]", line)]


def wanted(pinned: list[str], there: set[str] | None) -> list[str]:
    """Choose what to install: not torch, not what the machine has in the same version, offline only what lies there.

    Args:
        pinned: lines of the lock file.
        there: names of the packages that can be had; None for all.

    Returns:
        The lines that are left.
    """
    others = [line for line in pinned if name_of(line) != TORCH]
    return [line for line in others if _version(name_of(line)) != line.partition("==")[2] and _in(line, there)]


def needed(project: Path) -> set[str]:
    """Return the names of the packages that the suite cannot do without."""
    stated = tomllib.loads(project.read_text("utf-8"))["project"]["dependencies"]
    return {name_of(line) for line in [*stated, *TESTING]}


def brought() -> set[str]:
    """Return which of the needed packages the machine has, in whatever version."""
    return {name for name in needed(ROOT / "pyproject.toml") if _version(name) is not None}


def names_of(wheels: Path) -> set[str]:
    """Return the names of the packages whose wheels lie in a folder."""
    return {name_of(path.name.partition("-")[0]) for path in wheels.glob("*.whl")}


def name_of(line: str) -> str:
    """Return the normalised name at the beginning of a requirement (PEP 503)."""
    found = re.match(r"[A-Za-z0-9][A-Za-z0-9._-]*", line)
    return re.sub(r"[-_.]+", "-", found[0]).lower() if found else ""


def _in(line: str, there: set[str] | None) -> bool:
    return there is None or name_of(line) in there


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


if __name__ == "__main__":
    sys.exit(main())
