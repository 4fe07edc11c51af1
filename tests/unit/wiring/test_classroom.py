"""A class by the names that people give its labs."""

import pytest

from grader.errors import UsageFault
from grader.wiring.overviewing import Overviewer
from tests.fakes.class_in_book import classroom_in, hand_in


@pytest.fixture
def classroom(tmp_path):
    with classroom_in(tmp_path) as opened:
        hand_in(opened, "ada", "x = 1")
        yield opened


@pytest.mark.parametrize("name", ["2.5.4", "lab-2.5.4", " LAB-2.5.4.ipynb "])
def test_a_lab_is_found_by_any_name_that_people_give_it(classroom, name):
    assert [entry.lab_id for entry in classroom.standings(name, "ada")] == ["2.5.4"]
    assert Overviewer(classroom).make(name, 0.6, public=False).page.name == "class-2.5.4.html"


def test_a_lab_that_does_not_exist_is_said_so_and_not_shown_as_empty(classroom):
    with pytest.raises(UsageFault, match=r"GR101  There is no lab '2\.5\.44'"):
        classroom.standings("2.5.44")


def test_a_lab_that_the_course_has_no_longer_is_shown_by_its_id(classroom):
    classroom.__dict__["labs"] = ()

    assert [entry.sid for entry in classroom.standings("2.5.4")] == ["ada"]
