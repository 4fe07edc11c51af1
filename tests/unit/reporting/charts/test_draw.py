import math
from itertools import pairwise

import pytest

from grader.model.verdict import Plot
from grader.reporting.charts.draw import draw
from tests.fakes import grades
from tests.fakes.dom import parse


def curve(points, **changes):
    data = {"x_label": "step", "y_label": "loss", "series": [{"name": "training", "points": points}], **changes}
    return Plot("curve", "Loss", data)


def test_a_curve_is_a_named_picture_with_its_words():
    drawn = draw(grades.loss_curve(), "plot-1")
    picture = parse(drawn.picture).children[0]

    assert picture.attrs["role"] == "img"
    assert picture.attrs["aria-labelledby"] == "plot-1-t"
    assert [node.text for node in picture.all("title")] == ["Loss while training"]
    assert drawn.lines[1] == "validation: from 0.6051 at step 120 to 0.3766 at step 960; lowest 0.3766, highest 0.6051"
    assert picture.all("desc")[0].text == ". ".join(drawn.lines)


def test_a_long_line_is_thinned_to_400_points_and_says_so():
    points = [[step, math.sin(step / 50)] for step in range(10_000)]
    drawn = draw(curve(points), "p")

    (line,) = parse(drawn.picture).all("polyline")
    assert len(line.attrs["points"].split()) <= 400
    assert drawn.lines[0].endswith("(drawn from 10,000 points)")


def test_values_that_are_no_numbers_are_left_out():
    drawn = draw(curve([[0, 1], [1, math.nan], [2, None], [3, "4"], [4], 5, [6, True], [7, math.inf], [8, 2]]), "p")

    (line,) = parse(drawn.picture).all("polyline")
    assert len(line.attrs["points"].split()) == 2


def test_one_point_is_a_dot():
    assert len(parse(draw(curve([[3, 0.5]]), "p").picture).all("circle")) == 1


def test_names_at_the_ends_of_lines_do_not_touch():
    series = [{"name": name, "points": [[0, 1], [1, 0.5]]} for name in ("a", "b", "c")]
    labels = [
        float(node.attrs["y"])
        for node in parse(draw(curve([], series=series), "p").picture).all("text")
        if node.has_class("series")
    ]

    assert all(later - earlier >= 15 for earlier, later in pairwise(labels))


def test_a_series_without_numbers_is_said_to_have_none():
    series = [{"name": "training", "points": [[0, 1], [1, 2]]}, {"points": []}, {"name": "x"}]

    assert draw(curve([], series=series), "p").lines[1:] == ("series 2: no finite values", "x: no finite values")


def test_the_names_of_lines_fit_beside_them_at_the_size_of_narrow_screens():
    series = [{"name": "validation loss of the second model", "points": [[0, 1], [1, 2]]}]

    texts = parse(draw(curve([], series=series), "p").picture).all("text")
    name = next(node for node in texts if node.has_class("series"))

    assert float(name.attrs["x"]) + 9.8 * len(name.text) <= 480


def test_a_curve_without_axis_name_leaves_it_out():
    assert draw(curve([[0, 1], [1, 2]], x_label=3), "p").lines == (
        "training: from 1 at 0 to 2 at 1; lowest 1, highest 2",
    )


def test_stacked_bars_have_a_table_of_their_parts():
    drawn = draw(grades.memory_bars(), "p")

    assert drawn.legend == ("weights", "gradients", "optimizer", "activations")
    assert drawn.table.columns == ("", *drawn.legend, "total")
    assert drawn.table.rows[1] == ("LoRA, r = 8", "77.7 MiB", "388 KiB", "776 KiB", "80.3 MiB", "159 MiB")
    desc = parse(drawn.picture).all("desc")[0].text
    assert desc.startswith("full fine-tuning: 429 MiB (weights 77.3 MiB, ")
    assert desc.endswith("limit of the lab: 381 MiB")


def test_stacked_blocks_are_as_long_as_their_values():
    picture = parse(draw(grades.memory_bars(), "p").picture)
    blocks = [node for node in picture.all("rect") if float(node.attrs["y"]) < 50]

    assert sum(float(node.attrs["width"]) + 1 for node in blocks) == pytest.approx(480 - 92, abs=1)


def test_plain_bars_are_told_in_words():
    bars = [{"name": "p50", "value": 12.5}, {"name": "p95", "value": 40}, {"name": "lost"}, {"value": -3}]
    drawn = draw(Plot("bars", "Latency", {"unit": "ms", "bars": bars, "limit": {"name": "budget", "value": 10}}), "p")

    assert drawn.table is None
    assert drawn.lines == ("p50: 12.5 ms", "p95: 40 ms", "–: 0 ms", "budget: 10 ms")


def test_a_bar_of_parts_alone_is_as_long_as_their_sum():
    bars = [
        {"name": "a", "parts": [{"name": "x", "value": 1}, {"name": "y", "value": 2}, {"name": "z", "value": None}]},
        {"name": "b", "parts": [{"name": "x", "value": 4}]},
    ]

    assert draw(Plot("bars", "", {"bars": bars}), "p").table.rows == (("a", "1", "2", "3"), ("b", "4", "–", "4"))


def test_parts_beyond_six_kinds_count_in_the_bar_but_have_no_colour():
    bars = [
        {"name": name, "parts": [{"name": f"{name}{number}", "value": 1} for number in range(4)]} for name in ("a", "b")
    ]
    drawn = draw(Plot("bars", "B", {"bars": bars}), "p")

    assert drawn.legend == ("a0", "a1", "a2", "a3", "b0", "b1")
    assert drawn.table.rows[1][-1] == "4"
    assert len(parse(drawn.picture).all("rect")) == 6


@pytest.mark.parametrize("limit", [None, 5, {"value": "x"}, {"value": 0}])
def test_a_limit_that_is_none_is_not_drawn(limit):
    drawn = draw(Plot("bars", "B", {"bars": [{"name": "a", "value": 0}], "limit": limit}), "p")

    assert "limit" not in drawn.picture


def test_a_confusion_matrix_is_a_table_with_its_diagonal():
    drawn = draw(grades.confusion(), "p")

    assert drawn.picture is None
    assert drawn.table.diagonal
    assert drawn.table.rows == (("negative", "873", "127"), ("positive", "186", "814"))
    assert drawn.lines == ("1,687 of 2,000 are on the diagonal: predicted as they are.",)


def test_slices_are_a_table_with_a_mark_per_row():
    drawn = draw(grades.slices(), "p")

    assert drawn.table.columns == ("Part of the data", "n", "Rate", "95 % interval")
    assert drawn.table.rows[2] == ("concessive", "318", "0.694", "0.638 to 0.75")
    assert all("aria-hidden" in mark for mark in drawn.table.marks)
    assert drawn.table.ends == ("0", "1")


def test_slices_without_intervals_have_no_column_for_them():
    data = {"unit": "%", "slices": [{"name": "a", "value": 70, "n": 5}, {"name": "b", "value": 80, "low": 1}, {"n": 3}]}
    drawn = draw(Plot("slices", "S", data), "p")

    assert drawn.table.rows == (("a", "5", "70 %"), ("b", "0", "80 %"))
    assert drawn.table.ends == ("0", "100")


def test_one_slice_with_an_interval_leaves_a_dash_for_the_others():
    slices = [{"name": "a", "value": 700, "n": 5, "low": 600, "high": 800}, {"name": "b", "value": 1, "n": 2}]

    assert [row[-1] for row in draw(Plot("slices", "S", {"slices": slices}), "p").table.rows] == ["600 to 800", "–"]


@pytest.mark.parametrize("kind", ["curve", "bars", "confusion", "slices"])
@pytest.mark.parametrize(
    "data",
    [
        {},
        {"series": 3, "bars": "x", "labels": None, "slices": {}},
        {"labels": ["a"], "counts": [[1, 2]]},
        {"bars": [3]},
    ],
)
def test_data_that_cannot_be_drawn_are_said_so(kind, data):
    drawn = draw(Plot(kind, "", data), "p")

    assert drawn.lines == ("There is no finite number to draw here.",)
    assert drawn.title == kind.capitalize()


def test_huge_integers_do_not_break_a_chart():
    assert draw(
        Plot("bars", "B", {"bars": [{"name": "a", "value": 10**400}, {"name": "b", "value": 1}]}), "p"
    ).lines == ("b: 1",)
