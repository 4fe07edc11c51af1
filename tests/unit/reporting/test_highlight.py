import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.reporting.highlight import highlight


def test_source_gets_few_classes():
    shown = highlight("@wraps\ndef f(x):\n    return 'a' + str(1)  # why\n")

    assert '<span class="k">def </span><span class="f">f</span>' in shown
    assert '<span class="s">&#39;a&#39; </span>' in shown
    assert '<span class="m">1</span>' in shown
    assert '<span class="c"># why\n</span>' in shown
    assert '<span class="d">@wraps\n</span>' in shown


def test_a_traceback_marks_its_exception():
    text = (
        'Traceback (most recent call last):\n  File "x.py", line 1, in <module>\n    1 / 0\n'
        "ZeroDivisionError: division by zero\n"
    )

    assert '<span class="e">ZeroDivisionError</span>' in highlight(text, traceback=True)


@pytest.mark.parametrize("source", ["", "\n\n", "%matplotlib inline\n!ls", "def (", "'unclosed"])
def test_source_that_is_not_python_keeps_every_character(source):
    assert highlight(source).striptags() == " ".join(source.split()).replace("'", "'")


@given(st.text(max_size=80))
def test_no_character_is_lost_and_none_is_live(source):
    shown = highlight(source)

    assert shown.replace("</span>", "").count("<") == shown.count('<span class="')
