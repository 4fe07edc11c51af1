"""Inside the box: `python -I -m grader.running.worker`, started in the folder that holds its order.

Its exit status says how far it came; everything else it says as events.
"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from grader.running.box import BROKE, BROKE_LATER, RAN, read_order
from grader.running.events import Event, EventWriter
from grader.running.kernel import start_kernel
from grader.sandbox.ending import end, import_much
from grader.warm.birth import is_forked

if TYPE_CHECKING:
    from grader.running.forked_kernel import Nursery


def main() -> int:
    """Run the notebook beside the order."""
    nursery = _nursery()  # before this process has anything that a fork should not have
    office = Path.cwd()
    events = EventWriter(office / "events.jsonl")
    try:
        order = read_order(office / "job.json")
        kernel = start_kernel(order.work, nursery)
        from grader.running.notebook import execute  # imported while the kernel starts

        execute(order, office, kernel, events)
    except Exception as exc:  # the job outside turns it into a result, whatever it is
        events.write(Event("broke", message=f"{type(exc).__name__}: {exc}"[:2000]))
        return BROKE_LATER if events.has_started else BROKE
    finally:
        events.close()
    return RAN


def _nursery() -> "Nursery | None":
    """A fork that waits to become the kernel, where this process is a fork of a warm server itself."""
    if not is_forked():
        return None
    from grader.running.forked_kernel import Nursery

    return Nursery()


if __name__ == "__main__":
    import_much()
    end(lambda: sys.exit(main()))
