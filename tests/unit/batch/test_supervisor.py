"""The supervisor records every result once, whatever happens to workers."""

import asyncio

import msgspec
import pytest
import sqlalchemy as sa

from grader.batch.spool import Outcome, Spool
from grader.batch.supervisor import Supervisor
from grader.errors import InternalFault
from grader.gradebook.ledger import MOST_LOSSES, Job
from tests.fakes.batches import FakeEngine, a_task


@pytest.fixture
def ledger(book):
    return book.ledger()


@pytest.fixture
def spool(tmp_path):
    return Spool(tmp_path / "spool")


class World:
    """A supervisor with what it was told and what it recorded."""

    def __init__(self, ledger, spool, script=None, commit=None):
        self.ledger, self.spool = ledger, spool
        self.engine = FakeEngine(spool, script)
        self.recorded, self.tallies = [], []
        self.supervisor = Supervisor(ledger, self.engine, spool, commit or self.commit, self.tallies.append)

    def commit(self, claim, task, outcome):
        self.recorded.append((task.key, outcome.ending))
        return self.ledger.commit(claim, outcome.ending, lambda _connection: None)

    def run(self, *keys, workers=2):
        self.ledger.add(Job(key, "grade", msgspec.to_builtins(a_task(key))) for key in keys)
        asyncio.run(self.supervisor.run(keys, workers))


def test_every_job_is_done_and_recorded_once(ledger, spool):
    world = World(ledger, spool)
    world.run("a", "b", "c")

    assert sorted(world.recorded) == [("a", "graded"), ("b", "graded"), ("c", "graded")]
    assert ledger.counts()["done"] == 3
    assert not list(spool.folder.glob("*.json"))
    last = world.tallies[-1]
    assert (last.done, last.total, last.failed, last.eta_seconds, last.running) == (3, 3, 0, 0, ())


def test_what_an_earlier_worker_left_is_taken_without_starting_one(ledger, spool):
    spool.write_outcome(Outcome("a", "graded", "/runs/a"))
    world = World(ledger, spool)
    world.run("a")

    assert (world.engine.started, world.recorded) == ([], [("a", "graded")])


def test_a_lost_worker_is_replaced(ledger, spool):
    world = World(ledger, spool, {"a": [None, None]})
    world.run("a", "b")

    assert world.engine.started.count("a") == 3
    assert ledger.states(["a", "b"]) == {"a": "done", "b": "done"}
    assert [tally.done for tally in world.tallies] == [1, 2]


def test_a_job_that_takes_its_workers_along_is_given_up_and_the_others_go_on(ledger, spool):
    world = World(ledger, spool, {"a": [None] * 99})
    world.run("a", "b")

    assert world.engine.started.count("a") == MOST_LOSSES + 1
    assert ledger.states(["a", "b"]) == {"a": "failed", "b": "done"}
    assert "GR515" in ledger.details(["a"])["a"]
    assert world.tallies[-1].failed == 1


def test_a_fault_fails_its_job_alone_and_can_be_tried_again(ledger, spool):
    world = World(ledger, spool, {"a": [Outcome("a", "fault", code="GR507", message="Disk full.", exit_code=5)]})
    world.run("a", "b")
    assert ledger.details(["a"]) == {"a": "GR507  Disk full."}

    ledger.retry(["a"])
    again = World(ledger, spool)
    again.run("a")
    assert again.recorded == [("a", "graded")]


def test_a_result_that_cannot_be_recorded_fails_its_job_and_stays_in_the_spool(ledger, spool):
    def broken(_claim, _task, _outcome):
        raise InternalFault("GR510", "grade.json is damaged.")

    world = World(ledger, spool, commit=broken)
    world.run("a")

    assert ledger.states(["a"]) == {"a": "failed"}
    assert spool.outcome("a") is not None


def test_a_gradebook_that_fails_under_several_workers_is_one_fault(book, ledger, spool):
    def losing(_claim, _task, _outcome):
        with book.engine.begin() as connection:
            connection.execute(sa.text("DROP TABLE IF EXISTS job"))
        raise InternalFault("GR513", "The gradebook could not be written.")

    with pytest.raises(InternalFault) as caught:
        World(ledger, spool, commit=losing).run("a", "b", workers=2)
    assert caught.value.code == "GR513"


def test_a_job_that_went_to_somebody_else_is_not_told(ledger, spool):
    world = World(ledger, spool, commit=lambda *_: False)
    world.run("a")

    assert world.tallies == []


def test_stopping_once_finishes_what_runs_and_starts_nothing_more(ledger, spool):
    world = World(ledger, spool)

    async def stop_then_finish():
        world.supervisor.stop()
        return Outcome("a", "graded", "/runs/a")

    world.engine.script["a"] = [stop_then_finish]
    world.run("a", "b", workers=1)

    assert ledger.states(["a", "b"]) == {"a": "done", "b": "ready"}
    assert (world.engine.killed, world.supervisor.stopped) == ([], True)


def test_stopping_twice_ends_what_runs_and_it_is_ready_again(ledger, spool):
    world = World(ledger, spool)

    async def stop_twice():
        world.supervisor.stop()
        world.supervisor.stop()

    world.engine.script["a"] = [stop_twice]
    world.run("a", "b", workers=1)

    assert world.engine.killed == ["a"]
    assert ledger.states(["a", "b"]) == {"a": "ready", "b": "ready"}
    assert world.ledger.claim(1, ["a"])[0].losses == 0


def test_a_claim_that_is_gone_ends_its_worker(ledger, spool, monkeypatch):
    monkeypatch.setattr("grader.batch.supervisor.LEASE_SECONDS", 0.01)
    world = World(ledger, spool)

    async def taken_away():
        ledger.reap(lambda _owner: False)
        while not world.engine.killed:
            await asyncio.sleep(0)

    world.engine.script["a"] = [taken_away]
    world.run("a", workers=1)

    assert set(world.engine.killed) == {"a"}


def test_a_fault_of_what_runs_stand_on_passes(ledger, spool):
    broke = Outcome("a", "fault", code="GR503", message="The box ended.", exit_code=5)
    world = World(ledger, spool, {"a": [broke, broke]})
    world.run("a")

    assert world.engine.started == ["a", "a", "a"]
    assert world.recorded == [("a", "graded")]


def test_a_box_that_breaks_every_time_fails_with_its_own_words(ledger, spool):
    broke = Outcome("a", "fault", code="GR503", message="The box ended.", exit_code=5)
    World(ledger, spool, {"a": [broke] * 99}).run("a")

    assert ledger.details(["a"]) == {"a": "GR503  The box ended."}
