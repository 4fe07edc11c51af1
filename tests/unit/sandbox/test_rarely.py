"""Looks that take time."""

import pytest

from grader.sandbox import rarely
from grader.sandbox.rarely import Rarely, pause


@pytest.fixture
def clock(monkeypatch):
    """The time, as a list of one number that a test sets."""
    now = [100.0]
    monkeypatch.setattr(rarely.time, "monotonic", lambda: now[0])
    return now


def test_a_look_is_repeated_after_its_time_and_not_before(clock):
    found = iter("abc")
    look = Rarely(lambda: next(found), 0.3)

    assert [look(), look()] == ["a", "a"]
    clock[0] += 0.29
    assert look() == "a"
    clock[0] += 0.01
    assert look() == "b"


def test_a_look_that_takes_long_is_repeated_more_rarely(clock):
    found = []

    def look():
        clock[0] += 2.0
        found.append(clock[0])
        return len(found)

    slow = Rarely(look, 0.3, clock=lambda: clock[0])

    assert slow() == 1
    clock[0] += 39.0
    assert slow() == 1
    clock[0] += 1.0
    assert slow() == 2


def test_time_in_which_others_had_the_processor_does_not_count(clock):
    def look():
        clock[0] += 2.0  # on the wall; this thread has computed nothing
        return clock[0]

    waited = Rarely(look, 0.3)

    assert waited() == 102.0
    clock[0] += 1.0
    assert waited() == 105.0


def test_a_look_is_given_what_it_is_called_with(clock):
    assert Rarely(lambda a, *, b: a + b, 1.0)(1, b=2) == 3


def test_a_pause_is_never_shorter_than_asked():
    assert [pause(0.5, 0.0), pause(0.5, 0.01), pause(0.5, 1.0)] == [0.5, 0.5, 20.0]
