"""Chooses where the workers of a batch run: on this machine, or on the machines of a Ray cluster."""

import contextlib
import functools
import importlib.util
import os
import secrets
import sys
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path

from grader.artifacts.seal import KEY_NAME, read_key
from grader.batch import node
from grader.batch.engine import Engine, LocalEngine
from grader.batch.node import Orders
from grader.batch.spool import Spool
from grader.batch.starting import CommandStarter, ForkStarter, Starter
from grader.errors import InternalFault, MachineFault, UsageFault
from grader.model.lab import Lab
from grader.sandbox.gpus import find_gpus
from grader.settings import VARIABLES, Settings
from grader.wiring.ready import get_ready
from grader.wiring.warming import warm_batch
from grader.wiring.work import work

ENGINES = ("local", "ray")


@dataclass(frozen=True)
class OpenEngine:
    """An engine that is ready for jobs."""

    engine: Engine
    """Runs them."""
    workers: int
    """How many at a time, when nobody says."""


def check_engine(settings: Settings) -> None:
    """Refuse an engine that cannot be had, before anything is planned.

    Raises:
        UsageFault: GR104, there is none of this name.
        MachineFault: GR606, Ray is not installed.
    """
    if settings.engine not in ENGINES:
        raise UsageFault("GR104", f"There is no engine {settings.engine}.", f"Choose {' or '.join(ENGINES)}.")
    if settings.engine == "ray" and importlib.util.find_spec("ray") is None:
        raise MachineFault("GR606", "The package ray is not installed.", "Run `pip install ray`.")


@contextlib.contextmanager
def open_engine(settings: Settings, labs: Sequence[Lab], spool: Spool, jobs: int) -> Generator[OpenEngine]:
    """Have an engine for a batch.

    Args:
        settings: which one, and what workers are to know.
        labs: of the course.
        spool: of the batch.
        jobs: how many there are to do.

    Yields:
        The engine, until the batch is over.

    Raises:
        MachineFault: GR609, the cluster cannot be used.
        InternalFault: GR507, the disk is full, or the key that seals runs cannot be used.
    """
    if settings.engine == "ray":
        from grader.batch.ray_engine import connected

        with connected(settings.ray_address, _orders(settings, labs, spool)) as engine:
            yield OpenEngine(engine, engine.strength.cpus)
        return
    with _starter(settings, labs, spool, jobs) as starter:
        yield OpenEngine(LocalEngine(starter, spool, find_gpus(os.environ)), default_workers())


@contextlib.contextmanager
def _starter(settings: Settings, labs: Sequence[Lab], spool: Spool, jobs: int) -> Generator[Starter]:
    """Fork workers where that is safe."""
    with warm_batch(settings, labs, jobs) as warm:
        environment = {**os.environ, **as_environment(warm)}
        if warm.warm == "off" or not sys.platform.startswith("linux"):
            command = (sys.executable, "-m", "grader", "work", "--parent", str(os.getpid()), str(spool.folder))
            yield CommandStarter(command, environment, spool)
            return
        one = functools.partial(work, settings=warm, spool_folder=spool.folder, labs=tuple(labs))
        with contextlib.closing(ForkStarter(one, environment, spool, get_ready)) as forks:
            yield forks


def default_workers() -> int:
    """Return half of the cores that this process may use: a notebook and its judging take more than one at times."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, cores // 2)


def as_environment(settings: Settings) -> dict[str, str]:
    """Return the variables by which a child process has the same settings."""
    values = {VARIABLES[name]: value for name in VARIABLES if (value := getattr(settings, name)) not in {None, ""}}
    return {name: "1" if value is True else "0" if value is False else str(value) for name, value in values.items()}


def _orders(settings: Settings, labs: Sequence[Lab], spool: Spool) -> Orders:
    """What the machines of a cluster are told: workers as here, and what must be the same there."""
    read_key(settings.data)  # is made here when there is none yet
    seen = [_mark(spool), settings.data / KEY_NAME, *(lab.toml for lab in labs)]
    return Orders(
        command=(node.PYTHON, "-m", "grader", "work", "--parent", node.PARENT, str(spool.folder)),
        environment=as_environment(settings),
        folder=str(settings.root),
        spool=str(spool.folder),
        installed=node.installed_here(),
        landmarks={str(path): node.landmark(path) for path in seen},
    )


def _mark(spool: Spool) -> Path:
    """Write a file that nobody else has, so that a folder of the same name elsewhere is not taken for this one."""
    path = spool.folder / "mark"
    try:
        spool.folder.mkdir(parents=True, exist_ok=True)
        if not path.is_file():
            path.write_text(secrets.token_hex(16), encoding="ascii")
    except OSError as exc:
        raise InternalFault("GR507", f"{path} could not be written: {exc.strerror}.") from exc
    return path
