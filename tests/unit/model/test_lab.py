import pytest

from tests.fakes.labs import make_lab


def test_a_profile_is_found_by_its_name():
    assert make_lab().profile("miniature").parameters == {"train_rows": 2000}


def test_a_profile_that_the_lab_does_not_have_is_not_found():
    with pytest.raises(KeyError):
        make_lab().profile("enormous")
