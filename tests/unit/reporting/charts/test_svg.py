from markupsafe import Markup

from grader.reporting.charts import svg


def test_attributes_and_text_are_escaped():
    assert svg.element("text", "<b>", class_='"x') == '<text class="&#34;x">&lt;b&gt;</text>'


def test_names_of_attributes_are_spelled_for_svg():
    assert svg.element("path", stroke_width=1.25, d="M0 0") == '<path stroke-width="1.2" d="M0 0"/>'


def test_a_label_says_its_anchor_only_when_it_is_not_the_start():
    assert svg.text(1, 2.5, "a") == '<text x="1" y="2.5">a</text>'
    assert svg.text(1, 2, "a", "tick", "end") == '<text x="1" y="2" class="tick" text-anchor="end">a</text>'


def test_a_decoration_is_hidden_from_screen_readers():
    assert 'aria-hidden="true"' in svg.decoration(10, 10, "mark", [Markup("")])
