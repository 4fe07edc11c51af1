import pytest

from grader.reporting.outputs import output_views, text_of
from tests.fakes.grades import png, rich, stream


def test_pieces_of_one_stream_are_one_output():
    views = output_views([stream("a\n"), stream("b\n"), stream("warn\n", "stderr"), stream("c\n")])

    assert [(view.text, view.stream) for view in views] == [("a\nb\n", ""), ("warn\n", "stderr"), ("c\n", "")]


def test_the_richest_harmless_form_is_shown():
    made = rich({"image/png": png(), "text/html": "<b>x</b>", "text/plain": "x"})

    assert [view.kind for view in output_views([made])] == ["image"]


def test_html_that_cleans_to_nothing_falls_back_to_text():
    assert [(v.kind, v.text) for v in output_views([rich({"text/html": "<script>x</script>", "text/plain": "x"})])] == [
        ("text", "x")
    ]


def test_markdown_output_is_rendered():
    (view,) = output_views([rich({"text/markdown": ["**a**", " b"]})])

    assert view.markup == "<p><strong>a</strong> b</p>\n"


def test_a_picture_that_is_none_is_named():
    (view,) = output_views([rich({"image/png": "AAAA", "text/plain": "x"})])

    assert view.note == "A picture that this page does not show: it is damaged or larger than 160 KiB."


def test_an_unknown_kind_is_named():
    (view,) = output_views([rich({"application/javascript": "alert(1)"})])

    assert view.note == "An output of a kind that this page does not show (application/javascript)."


@pytest.mark.parametrize("output", [{}, {"output_type": "display_data"}, {"output_type": "execute_result", "data": 3}])
def test_an_output_without_data_is_left_out(output):
    assert output_views([output]) == ()


def test_an_error_shows_its_traceback_without_colours():
    error = {"output_type": "error", "ename": "E", "evalue": "v", "traceback": ["\x1b[31mTraceback\x1b[0m", "E: v"]}
    (view,) = output_views([error])

    assert view.kind == "error"
    assert view.markup.striptags() == "Traceback E: v"


def test_an_error_without_traceback_shows_its_name():
    (view,) = output_views([{"output_type": "error", "ename": "E", "evalue": "v", "traceback": []}])

    assert view.markup.striptags() == "E: v"


def test_a_huge_stream_is_cut_before_it_is_looked_at():
    (view,) = output_views([stream("a" * 5_000_000 + "END\n")])

    assert view.text.endswith("END\n")
    assert view.note == "clipped: 4,979,524 of 5,000,004 characters not shown here"


@pytest.mark.parametrize(
    ("value", "text"), [("a", "a"), (["a", "b"], "ab"), (["a", 3], "a"), (None, ""), ({"a": 1}, "")]
)
def test_text_of_a_notebook_is_a_string_or_a_list(value, text):
    assert text_of(value) == text
