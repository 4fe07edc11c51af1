"""Installs what the GPU suite needs beside a torch that the machine may bring: with the standard library alone."""

import importlib.metadata
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
NO_GPU = 6


def main() -> int:
    """Install into the environment of this interpreter; from a folder of wheels where there is one."""
    if not any(Path("/dev").glob("nvidia[0-9]*")):
        print("GR601  Nothing to measure: this machine has no NVIDIA GPU.", file=sys.stderr)
        return NO_GPU
    if len(sys.argv) < 2:  # only asked whether there is a GPU, before an environment is made
        return 0
    wheels = ROOT / sys.argv[1]
    offline = ["--no-index", "--find-links", str(wheels)] if any(wheels.glob("*.whl")) else []
    missing = wanted(lines(ROOT / "requirements.lock"))
    if missing:
        _pip([*offline, *missing])
    _pip([*offline, "--no-deps", "--no-build-isolation", "-e", str(ROOT)])
    return 0


def lines(lock: Path) -> list[str]:
    """Return the pinned packages of a lock file."""
    return [line for line in lock.read_text("utf-8").splitlines() if re.match(r"[A-Za-z0-9]", line)]


def wanted(pinned: list[str]) -> list[str]:
    """Leave out a torch that the machine brings, whatever its version: it is the build that fits its driver."""
    return [line for line in pinned if not (line.startswith("torch==") and _has("torch"))] + ["hatchling", "editables"]


def _has(name: str) -> bool:
    try:
        importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def _pip(arguments: list[str]) -> None:
    subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", *arguments], check=True)


if __name__ == "__main__":
    sys.exit(main())
