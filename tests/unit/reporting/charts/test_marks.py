from grader.reporting.charts.marks import dot, share_bar, strip
from tests.fakes.dom import parse


def rects(markup):
    return [(node.attrs["class"], float(node.attrs["width"])) for node in parse(markup).all("rect")]


def test_a_share_near_its_limit_stands_out():
    assert rects(share_bar(0.5)) == [("track", 200), ("bar p0", 100)]
    assert rects(share_bar(0.95))[1][0] == "bar hot"
    assert rects(share_bar(1.0, limited=False))[1][0] == "bar p0"


def test_a_dot_has_a_whisker_only_with_an_interval():
    assert "whisker" in dot(0.5, 0.4, 0.6, 0, 1)
    assert "whisker" not in dot(0.5, None, 0.6, 0, 1)


def test_a_strip_leaves_out_states_without_points():
    assert rects(strip([("passed", 3), ("failed", 0), ("partly", 1)])) == [("fill-passed", 747), ("fill-partly", 247)]
