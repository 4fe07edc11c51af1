"""The ledger loses nothing and records nothing twice, on SQLite and on PostgreSQL."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from grader.errors import InternalFault
from grader.gradebook.database import reading
from grader.gradebook.ledger import MOST_LOSSES, Job, Ledger
from grader.gradebook.tables import attempt, result

pytestmark = pytest.mark.xdist_group("gradebook")

NOTHING = lambda _connection: None  # noqa: E731


class Clock:
    """A clock that tests set."""

    def __init__(self):
        self.now = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)

    def __call__(self, _connection):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def ledger(book, clock):
    made = Ledger(book.engine, "one", 60, clock)
    made.add(Job(key, "grade", {"n": number}) for number, key in enumerate("abc"))
    return made


def test_a_plan_can_be_added_again(ledger):
    assert ledger.add([Job("a", "grade"), Job("d", "grade")]) == 1
    assert ledger.states(["a", "d", "z"]) == {"a": "ready", "d": "ready"}


def test_the_most_urgent_job_is_claimed_first_and_only_once(ledger):
    ledger.add([Job("urgent", "grade", priority=1)])

    claims = ledger.claim(2)
    assert [(claim.key, claim.fence) for claim in claims] == [("urgent", 1), ("a", 1)]
    assert [claim.key for claim in ledger.claim(9)] == ["b", "c"]
    assert ledger.claim(9) == []


def test_only_named_jobs_are_claimed(ledger):
    assert [claim.key for claim in ledger.claim(9, ["c", "b"])] == ["b", "c"]
    assert ledger.counts() == {"ready": 1, "running": 2, "done": 0, "failed": 0}


def test_a_result_is_recorded_with_what_goes_with_it(ledger, book):
    claim = ledger.claim(1)[0]

    assert ledger.commit(claim, "graded", lambda connection: connection.execute(sa.select(1)))
    assert ledger.states(["a"]) == {"a": "done"}
    assert not ledger.commit(claim, "graded", NOTHING)
    with reading(book.engine) as connection:
        assert connection.execute(sa.select(result.c.job_key, result.c.outcome)).all() == [("a", "graded")]


def test_a_result_whose_grade_cannot_be_stored_is_not_recorded(ledger, book):
    claim = ledger.claim(1)[0]

    with pytest.raises(InternalFault):
        ledger.commit(claim, "graded", lambda connection: connection.execute(sa.text("SELECT * FROM nowhere")))
    assert ledger.states(["a"]) == {"a": "running"}
    assert ledger.commit(claim, "graded", NOTHING)


def test_what_a_stale_owner_brings_back_is_refused(ledger, book, clock):
    stale = ledger.claim(1)[0]
    clock.now += dt.timedelta(seconds=61)
    other = Ledger(book.engine, "two", 60, clock)

    assert other.reap(lambda _owner: None) == 1
    fresh = other.claim(1, ["a"])[0]
    assert fresh.fence == 2
    assert ledger.heartbeat([stale]) == [stale]
    assert not ledger.commit(stale, "graded", NOTHING)
    assert other.commit(fresh, "graded", NOTHING)


def test_a_heartbeat_keeps_a_claim(ledger, book, clock):
    claim = ledger.claim(1)[0]
    clock.now += dt.timedelta(seconds=50)
    assert ledger.heartbeat([claim]) == []
    clock.now += dt.timedelta(seconds=50)

    assert Ledger(book.engine, "two", 60, clock).reap(lambda _owner: None) == 0


@pytest.mark.parametrize(("alive", "taken"), [(True, 0), (False, 1)])
def test_an_owner_on_this_machine_is_asked_not_timed(ledger, clock, alive, taken):
    ledger.claim(1)
    clock.now += dt.timedelta(seconds=600)

    assert ledger.reap(lambda _owner: alive) == taken


def test_a_job_that_takes_its_workers_along_fails_in_the_end_and_can_be_retried(ledger):
    states = []
    for _ in range(MOST_LOSSES + 1):
        claim = ledger.claim(1, ["a"])[0]
        states.append(ledger.give_back(claim, "lost", "killed by signal 9", lost=True))

    assert states == ["ready"] * MOST_LOSSES + ["failed"]
    assert ledger.claim(1, ["a"]) == []
    assert ledger.details(["a"]) == {"a": "killed by signal 9"}
    ledger.retry(["a"])
    assert ledger.claim(1, ["a"])[0].losses == 0


def test_a_fault_fails_at_once(ledger):
    assert ledger.give_back(ledger.claim(1)[0], "broken", "GR507", lost=False) == "failed"


def test_every_attempt_leaves_a_row(ledger, book):
    ledger.give_back(ledger.claim(1, ["a"])[0], "lost", "gone", lost=True)
    ledger.commit(ledger.claim(1, ["a"])[0], "graded", NOTHING)

    with reading(book.engine) as connection:
        rows = connection.execute(
            sa.select(attempt.c.fence, attempt.c.owner, attempt.c.outcome).order_by(attempt.c.id)
        ).all()
    assert [tuple(row) for row in rows] == [(1, "one", "lost"), (2, "one", "done")]


def test_owners_at_the_same_time_never_share_a_job(book):
    Ledger(book.engine, "plan").add(Job(f"{number:03}", "grade") for number in range(60))

    def work(number):
        mine = Ledger(book.engine, f"worker {number}")
        done = []
        while claims := mine.claim(2):
            done += [claim.key for claim in claims if mine.commit(claim, "graded", NOTHING)]
        return done

    with ThreadPoolExecutor(6) as pool:
        done = [key for keys in pool.map(work, range(6)) for key in keys]
    assert sorted(done) == [f"{number:03}" for number in range(60)]
