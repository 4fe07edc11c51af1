"""What is known of each cell from the worker's events."""

from grader.model.submission import CodeCell
from grader.running.events import Event
from grader.running.journal import Journal

CELLS = tuple(CodeCell(number, f"c{number}", f"line {number}") for number in (1, 2, 3))


def journal(*events: Event) -> Journal:
    taken = Journal(CELLS)
    taken.take(events)
    return taken


def statuses(taken: Journal) -> list[str]:
    return [run.status for run in taken.cell_runs()]


def test_cells_that_have_not_run_say_so():
    assert statuses(journal()) == ["not run"] * 3
    assert journal().latest is None


def test_a_cell_that_ended_is_ok_and_has_its_seconds():
    taken = journal(Event("cell started", "c1"), Event("cell ended", "c1", seconds=2.0), Event("cell started", "c2"))
    assert statuses(taken) == ["ok", "stopped", "not run"]
    assert [run.seconds for run in taken.cell_runs()] == [2.0, None, None]
    assert taken.current == taken.latest == CELLS[1]


def test_a_cell_that_raised_stays_the_current_one():
    taken = journal(
        Event("cell started", "c2"),
        Event("cell failed", "c2", name="ValueError", message="no", traceback="trace"),
        Event("cell ended", "c2", seconds=-1.0),
    )
    assert statuses(taken) == ["not run", "failed", "not run"]
    assert taken.current == CELLS[1]
    assert taken.cell_runs()[1].seconds == 0.0
    assert taken.error is not None
    assert (taken.error.name, taken.error.message, taken.error.traceback) == ("ValueError", "no", "trace")


def test_what_was_measured_is_put_down_to_the_cell_that_runs():
    taken = journal()
    taken.measure(1.0, 900)  # before the first cell: nobody's
    taken.take([Event("cell started", "c1")])
    taken.measure(1.5, 300)
    taken.measure(2.25, 200)
    taken.take([Event("cell ended", "c1", seconds=2.0), Event("cell started", "c2")])
    taken.measure(2.5, 100)
    first, second, third = taken.cell_runs()
    assert (first.cpu_seconds, first.anonymous_bytes) == (1.25, 300)
    assert (second.cpu_seconds, second.anonymous_bytes) == (0.25, 100)
    assert (third.cpu_seconds, third.anonymous_bytes) == (None, None)


def test_cells_of_another_notebook_are_ignored():
    taken = journal(
        Event("cell started", "other"), Event("cell ended", "other", seconds=1.0), Event("cell started", "")
    )
    assert statuses(taken) == ["not run"] * 3


def test_everything_else_is_kept_in_bounds():
    taken = journal(
        Event("flood", "c1"),
        Event("kernel died", message="signal 9" + "x" * 500),
        Event("observed", values={"seed": 7}),
        Event("broke", message="y" * 5000),
        Event("finished"),
        Event("cell failed", "c1", name="n" * 500, message="m" * 5000, traceback="t" * 50_000),
    )
    assert taken.flooded
    assert taken.finished
    assert taken.observed == {"seed": 7}
    assert (len(taken.kernel_died), len(taken.broke)) == (100, 2000)
    assert taken.error is not None
    assert (len(taken.error.name), len(taken.error.message), len(taken.error.traceback)) == (200, 2000, 20_000)
