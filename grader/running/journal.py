"""Gathers the worker's events into what is known, by claim, about each cell."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from grader.model.run import CellError, CellRun
from grader.model.submission import CodeCell
from grader.running.events import LONGEST_TRACEBACK, Event


@dataclass
class Journal:
    """The story of one run so far."""

    cells: Sequence[CodeCell]
    seconds: dict[str, float | None] = field(default_factory=dict[str, float | None])
    """Cells that ended, by id."""
    failed: str = ""
    """Id of the cell that raised."""
    error: CellError | None = None
    current: CodeCell | None = None
    """The cell that runs now, or in which the run stopped."""
    latest: CodeCell | None = None
    """The last cell that has started; None while no cell of the student's has."""
    flooded: bool = False
    kernel_died: str = ""
    """How its process ended; empty while it lives."""
    finished: bool = False
    spoken: bool = False
    """Whether the worker has said anything, also when nothing of it can be read any more."""
    observed: dict[str, Any] | None = None
    broke: str = ""
    anonymous: dict[str, int] = field(default_factory=dict[str, int])
    """The most anonymous memory that was seen while a cell ran, by its id."""
    cpu: dict[str, float] = field(default_factory=dict[str, float])
    _cpu_before: float = 0.0

    def take(self, events: Iterable[Event]) -> None:
        """Add events, in the order in which they came; what names no cell of the notebook is ignored."""
        by_id = {cell.id: cell for cell in self.cells}
        for event in events:
            cell = by_id.get(event.cell)
            if event.kind in {"cell started", "cell ended", "cell failed"}:
                self._take_cell(event, cell)
            else:
                self._take_other(event)

    def measure(self, cpu_seconds: float, anonymous_bytes: int) -> None:
        """Put what was measured from outside down to the cell that runs.

        Args:
            cpu_seconds: of all processes, since the start.
            anonymous_bytes: memory of the largest process that no file backs.
        """
        spent, self._cpu_before = cpu_seconds - self._cpu_before, cpu_seconds
        if self.current is not None:
            cell = self.current.id
            self.cpu[cell] = self.cpu.get(cell, 0.0) + spent
            self.anonymous[cell] = max(self.anonymous.get(cell, 0), anonymous_bytes)

    def _take_cell(self, event: Event, cell: CodeCell | None) -> None:
        if event.kind == "cell failed":
            self.failed = event.cell
            self.error = CellError(event.name[:200], event.message[:2000], event.traceback[:LONGEST_TRACEBACK])
        elif cell is None:
            return
        elif event.kind == "cell started":
            self.current = self.latest = cell
        else:
            self.current = None if self.error is None else self.current
            self.seconds[cell.id] = None if event.seconds is None else max(0.0, event.seconds)

    def _take_other(self, event: Event) -> None:
        if event.kind == "flood":
            self.flooded = True
        elif event.kind == "kernel died":
            self.kernel_died = event.message[:100]
        elif event.kind == "observed":
            self.observed = event.values
        elif event.kind == "finished":
            self.finished = True
        else:
            self.broke = event.message[:2000]

    def cell_runs(self) -> tuple[CellRun, ...]:
        """Return every cell with what became of it."""
        return tuple(self._cell_run(cell) for cell in self.cells)

    def _cell_run(self, cell: CodeCell) -> CellRun:
        cpu = self.cpu.get(cell.id)
        return CellRun(
            number=cell.number,
            id=cell.id,
            first_line=cell.first_line,
            status=self._status(cell),
            seconds=self.seconds.get(cell.id),
            cpu_seconds=None if cpu is None else round(cpu, 2),
            anonymous_bytes=self.anonymous.get(cell.id),
        )

    def _status(self, cell: CodeCell) -> str:
        if cell.id == self.failed:
            return "failed"
        if self.current is not None and cell.id == self.current.id:
            return "stopped"
        return "ok" if cell.id in self.seconds else "not run"
