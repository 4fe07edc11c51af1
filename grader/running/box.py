"""The folders of one run that its code may write, and the order that the worker finds there."""

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from grader.artifacts.discard import discard
from grader.errors import InternalFault
from grader.model.lab import Scalar

#: Exit statuses of the worker: the notebook was run, to its end or to what stopped it; it could not be started; it was
#: started, and the worker broke afterwards.
RAN, BROKE, BROKE_LATER = 0, 20, 21
#: In the worker's folder: what came back from the functions that are called after the last cell.
PROBES = "probes.jsonl"


@dataclass(frozen=True)
class WorkerOrder:
    """What the worker is to do: `job.json` in its folder."""

    parameters: dict[str, Scalar]
    output_bytes: int
    """What all cells together may print."""
    work: str
    """Folder in which the kernel starts, relative to the worker's."""
    probes: tuple[dict[str, Any], ...] = ()
    """Functions to call after the last cell: `name`, `seconds` and `calls`."""


@dataclass(frozen=True)
class Box:
    """The paths of one run."""

    run_folder: Path

    @property
    def work(self) -> Path:
        """Where the notebook runs; its artifacts stay here until they are collected."""
        return self.run_folder / "work"

    @property
    def office(self) -> Path:
        """Where the worker runs; gone when the run is over."""
        return self.run_folder / "box"

    @property
    def home(self) -> Path:
        """The home of every contained process."""
        return self.office / "home"

    @property
    def temporary(self) -> Path:
        """For temporary files."""
        return self.office / "tmp"

    @property
    def order(self) -> Path:
        """The worker's order."""
        return self.office / "job.json"

    @property
    def notebook(self) -> Path:
        """The notebook that the worker reads."""
        return self.office / "notebook.ipynb"

    @property
    def executed(self) -> Path:
        """The notebook that the worker writes: untrusted."""
        return self.office / "executed.ipynb"

    @property
    def events(self) -> Path:
        """What the worker says: untrusted."""
        return self.office / "events.jsonl"

    @property
    def probes(self) -> Path:
        """What the student's functions returned: untrusted."""
        return self.office / PROBES

    def build(self, order: WorkerOrder) -> None:
        """Make the folders, empty, and write the order.

        Args:
            order: for the worker.

        Raises:
            InternalFault: GR507, the folder cannot be written.
        """
        try:
            discard(self.work)
            discard(self.office)
            for folder in (self.work, self.home, self.temporary):
                folder.mkdir(parents=True)
            self.order.write_bytes(msgspec.json.encode(order))
            self.notebook.write_bytes((self.run_folder / "submission.ipynb").read_bytes())
        except OSError as exc:
            raise InternalFault("GR507", f"{self.run_folder} could not be prepared: {exc.strerror}.") from exc

    def clear(self) -> None:
        """Remove what only the worker needed; what the notebook wrote stays for collection."""
        with contextlib.suppress(OSError):  # what stays takes room and harms nothing
            discard(self.office)


def read_order(path: Path) -> WorkerOrder:
    """Read the order inside the box.

    Raises:
        msgspec.ValidationError: the file is not an order.
    """
    return msgspec.json.decode(path.read_bytes(), type=WorkerOrder)
