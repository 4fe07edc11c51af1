"""Making one build in a process of its own: one thread, nothing left behind in the process that asked."""

import importlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from grader.errors import MachineFault
from grader.hub.miniatures.catalogue import Build
from grader.hub.miniatures.order import Figures, Order, Progress

MARK = "\x1emade "
"""Begins the lines of the child that are meant for us."""


def make_apart(name: str, build: Build, folder: Path, needs: Mapping[str, Path], progress: Progress) -> Figures:
    """Run a recipe in a child process.

    Args:
        name: of the build, for messages.
        build: from the catalogue.
        folder: where its files go; exists and is empty.
        needs: folders of the builds that it starts from, by role.
        progress: told the share done.

    Returns:
        What the recipe measured.

    Raises:
        MachineFault: GR604, the recipe failed; the end of its output is in the hint.
    """
    order = {
        "recipe": build.recipe,
        "folder": str(folder),
        "parameters": dict(build.parameters),
        "needs": {role: str(path) for role, path in needs.items()},
    }
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false", "HF_HUB_OFFLINE": "1"}
    command = [sys.executable, "-c", "from grader.hub.miniatures.make import main; main()", json.dumps(order)]
    figures: Figures | None = None
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8") as errors,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True, env=environment) as child,
    ):
        for line in child.stdout or ():
            if line.startswith(MARK):
                news: float | Figures = json.loads(line.removeprefix(MARK))
                if isinstance(news, dict):
                    figures = news
                else:
                    progress(news)
        status = child.wait()
        errors.seek(0)
        said = errors.read().strip()
    if status or figures is None:
        raise MachineFault("GR604", f"{name} could not be made (exit code {status}).", said[-2000:] or None)
    return figures


def main() -> None:
    """Run the recipe that the first argument describes, and tell its progress and figures on stdout."""
    told = json.loads(sys.argv[1])
    recipe = importlib.import_module(f"grader.hub.miniatures.recipes.{told['recipe']}")
    order = Order(
        folder=Path(told["folder"]),
        parameters=told["parameters"],
        needs={role: Path(path) for role, path in told["needs"].items()},
        progress=_tell,
    )
    _tell(recipe.build(order))


def _tell(news: float | Figures) -> None:
    sys.stdout.write(MARK + json.dumps(news) + "\n")
    sys.stdout.flush()
