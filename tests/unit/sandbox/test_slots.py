import pytest

from grader.errors import MachineFault
from grader.sandbox import slots
from grader.sandbox.slots import FIRST_UID, borrow_slot


def test_no_two_runs_get_the_same_user_and_it_comes_back(tmp_path):
    with borrow_slot(tmp_path / "slots") as first, borrow_slot(tmp_path / "slots") as second:
        assert (first, second) == (FIRST_UID, FIRST_UID + 1)
    with borrow_slot(tmp_path / "slots") as again:
        assert again == FIRST_UID


def test_a_machine_full_of_runs_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(slots, "SLOTS", 1)
    with borrow_slot(tmp_path), pytest.raises(MachineFault, match="too many runs"), borrow_slot(tmp_path):
        raise AssertionError("a second user was lent")


def test_a_folder_that_cannot_be_used_is_the_machines_fault(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(MachineFault) as caught, borrow_slot(tmp_path / "file"):
        raise AssertionError("a user was lent")
    assert caught.value.code == "GR602"
