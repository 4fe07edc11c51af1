import pytest

from grader.model.overview import Entry
from grader.overview.scores import describe_scores, share_of


def entry(points, possible=10.0, state="graded"):
    return Entry("ada", state, points=points, possible=possible)


def test_quartiles_and_tenths_are_of_shares():
    scores = describe_scores([entry(points) for points in (0, 2.5, 5, 7.5, 10)])

    assert (scores.n, scores.mean, scores.lower, scores.median, scores.upper) == (5, 0.5, 0.25, 0.5, 0.75)
    assert scores.bins == (1, 0, 1, 0, 0, 1, 0, 1, 0, 1)


def test_those_without_a_grade_are_counted_apart():
    entries = [entry(None, None, state) for state in ("missing", "missing", "refused", "waiting")]
    scores = describe_scores([*entries, entry(10)])

    assert (scores.n, scores.missing, scores.refused, scores.waiting) == (1, 2, 1, 1)
    assert (scores.median, scores.lower, scores.upper) == (1.0, 1.0, 1.0)


def test_a_class_without_grades_has_no_mean():
    scores = describe_scores([])

    assert (scores.n, scores.mean, scores.median, sum(scores.bins)) == (0, None, None, 0)


@pytest.mark.parametrize(("points", "possible", "share"), [(11, 10, 1.0), (-1, 10, 0.0), (3, 0, None), (3, None, None)])
def test_a_share_lies_between_nothing_and_everything(points, possible, share):
    assert share_of(entry(points, possible)) == share
