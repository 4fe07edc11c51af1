"""Installs each peer into an environment of its own, which sees the same torch and transformers as this one."""

import os
import subprocess
import sys
import sysconfig
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement

from bench.gpu.prepare import make_environment, name_of

#: What a notebook of the course imports; every environment sees these very files, with what they need.
SHARED = ("torch", "transformers", "datasets", "accelerate", "safetensors")
#: Peer -> what pip installs for it.
PEERS = {
    "papermill + pytest": ("papermill==2.7.0", "pytest==9.2.0", "ipykernel"),
    "nbgrader autograde": ("nbgrader==0.9.6", "ipykernel"),
    "otter run": ("otter-grader==7.0.0", "ipykernel"),
}


def install(peer: str, folder: Path) -> Path:
    """Make the environment of a peer, unless it is there.

    Args:
        peer: one of `PEERS`.
        folder: for all environments.

    Returns:
        The folder with its programs.
    """
    here = folder / peer.replace(" ", "")
    done = here / "installed"
    wanted = "\n".join(PEERS[peer])
    if not done.is_file() or done.read_text("utf-8") != wanted:
        print(f"installing {peer} ...", file=sys.stderr)
        shared = folder / "shared"
        _link(shared)
        make_environment(here, [str(shared)])  # so pip takes what is there, and can remove none of it
        python = str(here / "bin" / "python")
        subprocess.run([sys.executable, "-m", "pip", "--python", python, "install", "-q", *PEERS[peer]], check=True)
        own = next(here.glob("lib/python3*/site-packages"))
        # libraries ask whether a module lies in the environment
        _link(own)
        (own / "machine.pth").unlink()
        done.write_text(wanted, encoding="utf-8")
    return here / "bin"


def _link(folder: Path) -> None:
    """Link the shared packages alone into a folder, so that a peer sees no plugin and no library of ours."""
    folder.mkdir(parents=True, exist_ok=True)
    site = Path(sysconfig.get_path("purelib"))
    for name in closure(SHARED):
        for top in {file.parts[0] for file in distribution(name).files or ()} - {"..", "__pycache__"}:
            if (site / top).exists() and not os.path.lexists(folder / top):
                (folder / top).symlink_to(site / top)


def closure(names: tuple[str, ...]) -> set[str]:
    """Return packages with all that they need, as far as they are installed here.

    Args:
        names: the packages.
    """
    found: set[str] = set()
    open_names = [name_of(name) for name in names]
    while open_names:
        name = open_names.pop()
        if name in found:
            continue
        try:
            needed = distribution(name).requires or []
        except PackageNotFoundError:
            continue
        found.add(name)
        requirements = map(Requirement, needed)
        open_names += [name_of(one.name) for one in requirements if one.marker is None or one.marker.evaluate()]
    return found
