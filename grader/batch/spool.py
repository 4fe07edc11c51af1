"""The folder in which workers leave their results before the gradebook has them.

A worker holds the lock of its key while it works, and writes its result by rename when it is done. So whatever is
killed and whenever: a result that is there is whole, and two workers never do the same work at the same time.
"""

import contextlib
import fcntl
import os
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec

from grader.errors import InternalFault
from grader.model.files import read_json


@dataclass(frozen=True)
class Task:
    """What a worker needs to know; everything that the result depends on is in its key."""

    key: str
    """The job."""
    kind: Literal["grade", "judge"]
    """`grade` runs the notebook and judges; `judge` judges a stored run."""
    submission: int
    """Number of the submission in the gradebook."""
    exec_key: str
    """What the run depends on."""
    judge_key: str
    """What the judgement depends on."""
    inputs: dict[str, str]
    """The parts of `exec_key`, for people."""
    lab_id: str
    """The lab."""
    student_id: str
    """The student."""
    notebook: str
    """The notebook, kept in the spool."""
    run_folder: str
    """The run folder to make, or to judge."""
    profile: str
    """Profile of the lab."""
    device: str
    """`auto`, `cpu` or `cuda`."""
    gpu_bytes: int | None = None
    """GPU memory that it declares; 0 for a whole GPU, null when it needs none."""
    seed: int | None = None
    """Seed to inject; else derived from student and lab."""
    schema: str = "grader.task/1"
    """Name and version of this format."""


@dataclass(frozen=True)
class Outcome:
    """What a worker left."""

    key: str
    """The job."""
    ending: Literal["graded", "refused", "fault"]
    """`refused`: the submission cannot be graded; `fault`: we or the machine failed, and somebody may try again."""
    folder: str = ""
    """The run folder, with grade.json."""
    code: str = ""
    """Code of the error."""
    message: str = ""
    """Its sentence."""
    exit_code: int = 0
    """What a command would have ended with."""
    schema: str = "grader.outcome/1"
    """Name and version of this format."""


@dataclass(frozen=True)
class WantedGpu:
    """What a job needs of a GPU."""

    memory_bytes: int | None
    """What it declares; 0 for a whole GPU, None when it needs none."""
    index: int | None = None
    """The only one that will do, as `--device cuda:1` names it; None for any."""


class Spool:
    """The spool of one gradebook on one machine."""

    def __init__(self, folder: Path) -> None:
        """Name the folder; it is made when something is written."""
        self.folder = folder

    def write_task(self, task: Task) -> None:
        """Write what a worker is to do.

        Raises:
            InternalFault: GR507, it could not be written.
        """
        self._write(self._path(task.key, "task"), msgspec.json.encode(task))

    def task(self, key: str) -> Task:
        """Return what a worker is to do."""
        return read_json(self._path(key, "task"), Task)

    def wanted_gpu(self, key: str) -> WantedGpu:
        """Return what a task needs of a GPU."""
        if not self._path(key, "task").is_file():
            return WantedGpu(None)
        task = self.task(key)
        index = task.device.partition(":")[2]
        return WantedGpu(task.gpu_bytes, int(index) if index.isdigit() else None)

    def write_outcome(self, outcome: Outcome) -> None:
        """Leave a result: from here on it is never made again.

        Raises:
            InternalFault: GR507, it could not be written.
        """
        self._write(self._path(outcome.key, "outcome"), msgspec.json.encode(outcome))

    def outcome(self, key: str) -> Outcome | None:
        """Return the result of a job; None when none was left."""
        path = self._path(key, "outcome")
        return read_json(path, Outcome) if path.is_file() else None

    def forget(self, key: str) -> None:
        """Remove what a job needs no more when its end is recorded; its log stays."""
        for kind in ("task", "outcome"):
            self._path(key, kind).unlink(missing_ok=True)
        (self.folder / f"{key}.lock").unlink(missing_ok=True)

    def log(self, key: str) -> Path:
        """Return the file that a worker's own output goes to; its folder is there."""
        self._make()
        return self._path(key, "log")

    def note(self, key: str, words: str) -> None:
        """Add a line to the log of a job."""
        with self.log(key).open("a", encoding="utf-8") as file:
            file.write(words + "\n")

    def noted(self, key: str, words: str) -> bool:
        """Tell whether the log of a job holds a line."""
        path = self._path(key, "log")
        return path.is_file() and words in path.read_text("utf-8", "replace").splitlines()

    def keep(self, content: bytes, sha256: str, name: str) -> Path:
        """Keep a notebook, so that a batch can go on when the download is gone.

        Args:
            content: its bytes.
            sha256: their hash.
            name: its file name.

        Returns:
            Where it is kept under that name.

        Raises:
            InternalFault: GR507, it could not be written.
        """
        path = self.folder / "notebooks" / sha256[:32] / name
        if not path.is_file():
            self._write(path, content)
        return path

    @contextlib.contextmanager
    def lock(self, key: str) -> Generator[None]:
        """Hold the lock of a job; waits for another worker, whose end frees it whatever ended it."""
        self._make()
        # a record lock belongs to this process alone: a child that outlives it holds nothing
        with (self.folder / f"{key}.lock").open("w") as file:
            fcntl.lockf(file, fcntl.LOCK_EX)
            yield

    def _path(self, key: str, kind: str) -> Path:
        return self.folder / f"{key}.{kind}{'' if kind == 'log' else '.json'}"

    def _make(self) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as exc:
            raise InternalFault("GR507", f"{self.folder} could not be made: {exc.strerror}.") from exc

    def _write(self, path: Path, content: bytes) -> None:
        partial = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with partial.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            partial.replace(path)
        except OSError as exc:
            raise InternalFault("GR507", f"{path.name} could not be written: {exc.strerror}.") from exc
