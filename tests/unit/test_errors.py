import pickle

import pytest

from grader import errors
from grader.codes import CODES
from grader.errors import GraderError

FAULTS = [GraderError, *GraderError.__subclasses__()]


@pytest.mark.parametrize("kind", FAULTS)
def test_every_error_survives_pickling_with_the_same_words(kind):
    error = kind("GR301", "lab.ipynb is not a notebook.", "Save it again.")

    copy = pickle.loads(pickle.dumps(error))

    assert type(copy) is kind
    assert str(copy) == str(error) == "GR301  lab.ipynb is not a notebook."
    assert (copy.code, copy.message, copy.hint, copy.exit_code) == (error.code, error.message, "Save it again.", 3)


def test_without_a_hint_the_cure_of_the_catalogue_is_the_hint():
    assert GraderError("GR309", "lab.ipynb holds no code.").hint == CODES["GR309"].cure


def test_an_error_without_a_code_cannot_be_made():
    with pytest.raises(KeyError):
        GraderError("GR999", "x")


@pytest.mark.parametrize("kind", FAULTS)
def test_every_error_is_in_the_drawn_tree_and_says_when_it_is_raised(kind):
    assert kind.__name__ in errors.__doc__
    assert kind.__doc__


def test_the_tree_has_a_branch_for_each_class_of_codes():
    drawn = {line.split("GR")[1][0] for line in errors.__doc__.splitlines() if "xx" in line}

    assert drawn == {code[2] for code in CODES}
