"""Runs a notebook with papermill: injects the parameters, reports every cell, clips outputs, saves as it goes.

The only file that knows papermill; it runs inside the box and nowhere else.
"""

import asyncio
import json
import queue
from collections import defaultdict
from pathlib import Path
from typing import Any

import papermill
from jupyter_client.manager import AsyncKernelManager
from jupyter_core.utils import run_sync
from nbclient.exceptions import CellExecutionError, DeadKernelError
from nbformat import NotebookNode
from nbformat.v4 import new_output
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NotebookExecutionManager, papermill_engines
from papermill.exceptions import PapermillExecutionError

from grader.model.submission import INJECTED
from grader.probing.source import probe_code
from grader.running.box import PROBES, WorkerOrder
from grader.running.clipping import CellBudget, collapse, plain, weight
from grader.running.events import LONGEST_TRACEBACK, Event, EventWriter
from grader.running.kernel import NAME, how_it_ended
from grader.running.observing import observed, observing

_ENGINE = "grader"
_READY_SECONDS = 120
#: nbclient itself looks once a second whether the kernel lives.
_ALIVE_SECONDS = 0.1
#: After a reply the outputs of the cell are waited for; a kernel that never sends them is not waited for longer.
_OUTPUTS_SECONDS = 30
_ASK_SECONDS = 10.0
#: A probe that is out of time is stopped from inside; this long later it is killed.
_PROBE_GRACE_SECONDS = 3.0
_AUTOSAVE_SECONDS = 10


def execute(order: WorkerOrder, office: Path, kernel: AsyncKernelManager, events: EventWriter) -> None:
    """Run the notebook to its end, or to what stops it.

    Args:
        order: parameters and bounds.
        office: holds `notebook.ipynb`; gets `executed.ipynb`, complete after every cell.
        kernel: a kernel that is starting.
        events: told about every cell.

    Raises:
        Exception: the notebook could not be run for a reason that is not its own.
    """
    engine = _Engine(order, office, kernel, events)
    papermill_engines.register(_ENGINE, engine)
    try:
        papermill.execute_notebook(
            "notebook.ipynb",  # relative: papermill would fill in braces of a path
            None,
            parameters=order.parameters,
            engine_name=_ENGINE,
            kernel_name=NAME,
            language="python",  # intake has refused everything else; a notebook need not say
            progress_bar=False,
        )
    except PapermillExecutionError:
        # raised for any error among the outputs, also for one that its cell allows: the client has reported what counts
        pass
    except DeadKernelError:
        if not engine.flooded:
            events.write(Event("kernel died", message=how_it_ended(kernel)))
        return
    events.write(Event("finished"))


class _Engine:
    """What papermill calls an engine."""

    def __init__(self, order: WorkerOrder, office: Path, kernel: AsyncKernelManager, events: EventWriter) -> None:
        self._order = order
        self._target = office / "executed.ipynb"
        self._kernel = kernel
        self._events = events
        self.flooded = False

    def nb_kernel_name(self, nb: NotebookNode, name: str | None = None) -> str:  # noqa: ARG002  papermill's signature
        """The kernel is ours, whatever the notebook names."""
        return NAME

    def nb_language(self, nb: NotebookNode, language: str | None = None) -> str:  # noqa: ARG002  papermill's signature
        """Intake has refused everything else."""
        return "python"

    def execute_notebook(self, nb: NotebookNode, kernel_name: str, **_papermill: Any) -> NotebookNode:  # noqa: ARG002
        """Run the cells."""
        manager = _Manager(nb, self._target, self._events)
        manager.notebook_start()
        client = _Client(manager, self._order, self._events, self._kernel)
        try:
            client.execute()
        finally:
            self.flooded = client.flooded
            manager.save()
        return nb


class _Manager(NotebookExecutionManager):
    """Keeps papermill's metadata, reports cells, and saves by rename so that a kill never leaves half a file."""

    def __init__(self, nb: NotebookNode, target: Path, events: EventWriter) -> None:
        super().__init__(nb, output_path=None, progress_bar=False, autosave_cell_every=_AUTOSAVE_SECONDS)
        self._target = target
        self._events = events

    def save(self, **_papermill: Any) -> None:
        """Write the notebook as it is now."""
        partial = self._target.with_suffix(".partial")
        partial.write_text(json.dumps(self.nb, ensure_ascii=False), "utf-8", errors="backslashreplace")
        partial.replace(self._target)
        self.last_save_time = self.now()

    def cell_start(self, cell: NotebookNode, *_index: int | None, **_papermill: Any) -> None:
        """Report a code cell; saving can wait for its end."""
        cell.metadata.papermill |= {"start_time": self.now().isoformat(), "status": self.RUNNING, "exception": False}
        if cell.cell_type == "code":
            self._events.write(Event("cell started", _name(cell)))

    def cell_exception(self, cell: NotebookNode, cell_index: int | None = None, **papermill: Any) -> None:
        """Report the exception that stops the notebook."""
        super().cell_exception(cell, cell_index, **papermill)
        error: CellExecutionError = papermill["exception"]
        text = plain(error.traceback)
        if len(text) > LONGEST_TRACEBACK:
            half = LONGEST_TRACEBACK // 2 - 10
            text = f"{text[:half]}\n[...]\n{text[-half:]}"
        name, message = plain(error.ename)[:200], plain(error.evalue)[:2000]
        self._events.write(Event("cell failed", _name(cell), name=name, message=message, traceback=text))

    def cell_complete(self, cell: NotebookNode, cell_index: int | None = None, **papermill: Any) -> None:
        """Report the end of a code cell and save."""
        super().cell_complete(cell, cell_index, **papermill)
        if cell.cell_type == "code":
            self._events.write(Event("cell ended", _name(cell), seconds=cell.metadata.papermill.duration))


class _Client(PapermillNotebookClient):
    """Executes cells; bounds what they leave in the notebook; notices a dead kernel at once."""

    def __init__(self, manager: _Manager, order: WorkerOrder, events: EventWriter, kernel: AsyncKernelManager) -> None:
        super().__init__(
            manager,
            km=kernel,
            raise_on_iopub_timeout=False,
            iopub_timeout=_OUTPUTS_SECONDS,
            startup_timeout=_READY_SECONDS,
            store_widget_state=False,
            skip_cells_with_tag="",
            kernel_name=NAME,
        )
        self._manager = manager
        self._order = order
        self._events = events
        self._budgets: defaultdict[int, CellBudget] = defaultdict(CellBudget)
        self._printed = 0
        self.flooded = False

    def execute(self, **_papermill: Any) -> NotebookNode:
        """Execute the cells until one raises; a cell in which the kernel died is not called complete."""
        self.reset_execution_trackers()
        with self.setup_kernel(cleanup_kc=True):
            self._execute_cells()
            self._look_back()
        return self.nb

    def _execute_cells(self) -> None:
        for index, cell in enumerate(self.nb.cells):
            self._manager.cell_start(cell, index)
            try:
                self.execute_cell(cell, index)
            except CellExecutionError as error:
                self._manager.cell_exception(cell, index, exception=error)
                self._manager.cell_complete(cell, index)
                break
            self._manager.cell_complete(cell, index)

    def _look_back(self) -> None:
        values = run_sync(self._ask)()
        if values is None:
            self.shutdown_kernel = "immediate"  # it is dead, or does not answer
        else:
            self._events.write(Event("observed", values=values))
        if self._order.probes:
            run_sync(self._probe)()

    def execute_cell(self, cell: NotebookNode, cell_index: int) -> NotebookNode:
        """Execute one cell; what is wrong with its output is put right however it ends."""
        try:
            return super().execute_cell(cell, cell_index)
        finally:
            self._tidy(cell, cell_index)

    def process_message(self, msg: dict[str, Any], cell: NotebookNode, cell_index: int) -> NotebookNode | None:
        """Count what the kernel sends, and stop a flood."""
        if msg["msg_type"] not in {"status", "execute_input"}:
            self._printed += weight(msg["content"])
        if self._printed > self._order.output_bytes and not self.flooded:
            self.flooded = True
            self.shutdown_kernel = "immediate"
            self._events.write(Event("flood", _name(cell)))
            assert self.task_poll_for_reply is not None  # messages come while a cell runs
            self.task_poll_for_reply.cancel()
        return super().process_message(msg, cell, cell_index)

    def output(
        self, outs: list[NotebookNode], msg: dict[str, Any], display_id: str | None, cell_index: int
    ) -> NotebookNode | None:
        """Keep an output, or as much of it as there is room for."""
        content = msg["content"]
        budget = self._budgets[cell_index]
        if msg["msg_type"] == "stream":
            content["text"] = budget.take_text(content["text"])
            last = outs[-1] if outs and not self.clear_before_next_output else None
            if last is not None and last.output_type == "stream" and last.name == content["name"]:
                last.text += content["text"]
                return None
            if not content["text"]:
                return None
        if not budget.take_rich(weight(content)):
            return None
        return super().output(outs, msg, display_id, cell_index)

    def clear_output(self, outs: list[NotebookNode], msg: dict[str, Any], cell_index: int) -> None:
        """What a cell clears it may print again."""
        self._budgets.pop(cell_index, None)
        super().clear_output(outs, msg, cell_index)

    def _update_display_id(self, display_id: str, msg: dict[str, Any]) -> None:
        """A display that is updated may not outgrow what a cell may leave."""
        if weight(msg["content"]) <= CellBudget().rich_left:
            super()._update_display_id(display_id, msg)

    async def _async_poll_kernel_alive(self) -> None:
        while True:
            await asyncio.sleep(_ALIVE_SECONDS)
            try:
                await self._async_check_alive()
            except DeadKernelError:
                assert self.task_poll_for_reply is not None  # made beside this task
                self.task_poll_for_reply.cancel()
                return

    def _tidy(self, cell: NotebookNode, cell_index: int) -> None:
        """Show progress bars as they ended, and say in the output what of it was not kept."""
        for output in cell.get("outputs", []):
            if output.output_type == "stream":
                output.text = collapse(output.text)
        note = self._budgets[cell_index].note()
        if note:
            cell.outputs.append(new_output("stream", name="stderr", text=note))

    async def _ask(self) -> dict[str, Any] | None:
        """Return the parameters as the kernel holds them now, or None when it does not answer."""
        expression = observing(list(self._order.parameters))
        assert self.kc is not None
        asked = self.kc.execute("", silent=True, store_history=False, user_expressions={"parameters": expression})
        reply = await self._reply(asked, _ASK_SECONDS)
        return None if reply is None else observed(reply)

    async def _probe(self) -> None:
        """Have the student's functions called."""
        assert self.kc is not None
        code = probe_code(self._order.probes, str(Path.cwd() / PROBES))
        asked = self.kc.execute(code, silent=True, store_history=False)
        seconds = sum(probe["seconds"] + _PROBE_GRACE_SECONDS for probe in self._order.probes) + _ASK_SECONDS
        if await self._reply(asked, seconds) is None:
            self.shutdown_kernel = "immediate"

    async def _reply(self, asked: str, seconds: float) -> dict[str, Any] | None:
        assert self.kc is not None  # both callers have just used it
        clock = asyncio.get_running_loop().time
        deadline = clock() + seconds
        while clock() < deadline:
            try:
                reply = await self.kc.shell_channel.get_msg(timeout=0.25)
                if reply["parent_header"].get("msg_id") == asked:
                    return reply["content"]
            except queue.Empty:
                try:
                    await self._async_check_alive()
                except DeadKernelError:
                    return None
        return None


def _name(cell: NotebookNode) -> str:
    return "" if INJECTED in cell.metadata.get("tags", []) else cell.id
