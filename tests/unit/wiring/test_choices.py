import pytest

from grader.errors import MachineFault, UsageFault
from grader.sandbox.base import Contained, Promise, Sandbox
from grader.wiring import choices


class Box(Sandbox):
    def __init__(self, name, missing=None, leaks=None):
        self.name = name
        self._missing = missing
        self._leaks = leaks

    def promise(self):
        return Promise(self.name, official=True, covers=("files",))

    def available(self):
        return self._missing

    def leaks(self):
        return self._leaks

    def run(self, command, on_tick=None):
        return Contained(0, None, None, "", 0, 0, 0, 0)


def offer(monkeypatch, **boxes):
    monkeypatch.setattr(choices, "sandboxes", lambda: {name: Box(name, **facts) for name, facts in boxes.items()})


def chosen(name="auto", **options):
    return choices.choose_sandbox(name, **options).promise().backend


def test_the_strongest_that_is_here_and_holds_is_taken(monkeypatch):
    offer(monkeypatch, strong={}, weak={})

    assert chosen() == "strong"


def test_one_that_is_not_here_is_passed_over(monkeypatch):
    offer(monkeypatch, strong={"missing": "not installed"}, weak={})

    assert chosen() == "weak"


def test_one_that_does_not_hold_is_refused_unless_a_weak_one_is_allowed(monkeypatch):
    offer(monkeypatch, strong={"leaks": "a file was read"}, weak={})

    with pytest.raises(MachineFault) as caught:
        chosen()
    assert (caught.value.code, caught.value.exit_code) == ("GR602", 6)
    assert "a file was read" in caught.value.message
    assert "--allow-weak" in caught.value.hint
    assert chosen(allow_weak=True) == "weak"


def test_one_that_was_named_is_not_replaced_unless_a_weak_one_is_allowed(monkeypatch):
    offer(monkeypatch, strong={"missing": "not installed"}, weak={})

    with pytest.raises(MachineFault, match="not installed"):
        chosen("strong")
    assert chosen("strong", allow_weak=True) == "weak"
    assert chosen("weak") == "weak"


def test_an_unknown_name_lists_those_that_exist(monkeypatch):
    offer(monkeypatch, strong={}, weak={})

    with pytest.raises(UsageFault) as caught:
        chosen("stronk")
    assert "strong, weak" in caught.value.hint


def test_one_that_is_chosen_later_is_tried_when_it_is_first_needed(monkeypatch):
    offer(monkeypatch, strong={"missing": "not installed"})
    later = choices.ChosenLater("auto")

    with pytest.raises(MachineFault, match="not installed"):
        later.promise()

    offer(monkeypatch, strong={})
    assert later.promise().backend == "strong"
    assert (later.available(), later.leaks(), later.run(None).exit_code) == (None, None, 0)


def test_nothing_that_works_is_said_with_every_reason(monkeypatch):
    offer(monkeypatch, strong={"missing": "not installed"}, weak={"missing": "no Unix"})

    with pytest.raises(MachineFault, match=r"not installed.*no Unix"):
        chosen()
