import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.reporting.charts.scale import Scale, thin, ticks


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(0.21, 0.75, (0.2, 0.4, 0.6, 0.8)), (0, 100, (0, 25, 50, 75, 100)), (4, 956, (0, 250, 500, 750, 1000))],
)
def test_ticks_are_round(low, high, expected):
    assert ticks(low, high) == pytest.approx(expected)


def test_a_single_value_gets_room_around_it():
    assert ticks(5, 5)[0] < 5 < ticks(5, 5)[-1]
    assert ticks(0, 0)[0] < 0 < ticks(0, 0)[-1]


@given(st.floats(-1e300, 1e300), st.floats(-1e300, 1e300))
def test_ticks_cover_any_range_with_few_values(one, other):
    low, high = min(one, other), max(one, other)
    made = ticks(low, high)

    assert 2 <= len(made) <= 17
    slack = (abs(low) + abs(high)) * 1e-6 + 1e-300
    assert made[0] <= low + slack
    assert made[-1] >= high - slack
    assert list(made) == sorted(made)


@pytest.mark.parametrize(("low", "high"), [(-1.7e308, 1.7e308), (5e-324, 1e-323)])
def test_ranges_at_the_edge_of_floats_keep_their_ends(low, high):
    assert (ticks(low, high)[0], ticks(low, high)[-1]) == (low, high)


def test_a_scale_maps_its_ends_and_a_flat_range_to_the_middle():
    assert Scale(0, 10, 100, 0).at(10) == 0
    assert Scale(3, 3, 0, 100).at(3) == 50


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(-1, 1)), max_size=1500), st.sampled_from([4, 10, 400]))
def test_thinning_keeps_the_ends_and_the_extremes(points, most):
    kept = thin(points, most)

    assert len(kept) <= most or len(points) <= most
    if points:
        assert (kept[0], kept[-1]) == (points[0], points[-1])
        if most == 400:
            assert max(y for _, y in kept) == max(y for _, y in points)
            assert min(y for _, y in kept) == min(y for _, y in points)
