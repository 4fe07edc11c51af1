"""`make wheels`: fetches the locked packages for a machine without internet, which may have another Python."""

import argparse
import subprocess
import sys
from pathlib import Path

from bench.gpu.prepare import ROOT, TORCH, lines, name_of

#: Versions of glibc whose wheels a Linux machine of today can use.
GLIBC = (39, 35, 34, 31, 28, 27, 24, 17, 12, 5)


def main() -> int:
    """Fetch one package after the other; torch is left to the machine with the GPU."""
    parser = argparse.ArgumentParser(prog="python -m bench.gpu.wheels", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--for", dest="python", metavar="3.12", help="the other machine's Python; else this one's")
    parser.add_argument("--without", nargs="*", default=[], metavar="NAME", help="what the other machine has already")
    arguments = parser.parse_args()
    left_out = {TORCH, *map(name_of, arguments.without)}
    pinned = [line for line in lines(ROOT / "requirements.lock") if name_of(line) not in left_out]
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
    command += platform(arguments.python) if arguments.python else []
    return subprocess.run([*command, "--dest", str(arguments.folder), *pinned], check=False).returncode


def platform(python: str) -> list[str]:
    """Return pip's options for 64-bit Linux with another Python, such as `3.12`."""
    names = [f"manylinux_2_{minor}_x86_64" for minor in GLIBC] + ["manylinux2014_x86_64", "manylinux1_x86_64"]
    options = [word for name in names for word in ("--platform", name)]
    return [*options, "--python-version", python, "--implementation", "cp"]


if __name__ == "__main__":
    sys.exit(main())
