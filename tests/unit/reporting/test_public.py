from dataclasses import replace

import msgspec
import pytest

from grader.reporting.public import public_grade
from tests.fakes import grades


def test_scores_and_open_checks_stay_as_they_are():
    made = grades.lora()
    public = public_grade(made)

    assert (public.score, public.possible, public.counts) == (made.score, made.possible, made.counts)
    assert public.verdicts[2] == made.verdicts[2]


def test_flags_and_tracebacks_go():
    public = public_grade(grades.lora())

    assert public.flags == ()
    assert all(verdict.staff == "" for verdict in public.verdicts)


def test_a_check_of_which_only_points_count_is_a_number():
    verdict = public_grade(grades.lora()).verdicts[-1]

    assert (verdict.check.id, verdict.check.title, verdict.check.points) == ("check-7", "Hidden check 7", 5)
    assert verdict.check.module == ""
    assert verdict.fraction == 0.0


@pytest.mark.parametrize("level", ["hint", "title", "score"])
def test_a_check_that_waits_for_a_hidden_one_names_its_number(level):
    made = grades.failing()
    hidden = replace(made.verdicts[0].check, hidden=True, reveal=level)
    waits = replace(
        made.verdicts[-1], waits_for=(hidden.id, "gone"), check=replace(made.verdicts[-1].check, needs=(hidden.id,))
    )
    public = public_grade(replace(made, verdicts=(replace(made.verdicts[0], check=hidden), waits)))

    assert public.verdicts[1].waits_for == ("check-1",)
    assert public.verdicts[1].check.needs == ("check-1",)


def test_the_public_grade_is_a_grade():
    public = public_grade(grades.failing())

    assert msgspec.json.decode(msgspec.json.encode(public), type=type(public)) == public
