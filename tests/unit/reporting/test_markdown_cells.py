import pytest

from grader.reporting.markdown_cells import markdown_html


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("# Title", "<p><strong>Title</strong></p>"),
        ("a *b* `c`", "<p>a <em>b</em> <code>c</code></p>\n"),
        ("[docs](https://e.example/a)", "<p>docs (https://e.example/a)</p>\n"),
        ("<https://e.example>", "<p>https://e.example</p>\n"),
        ("[x](#local)", "<p>x</p>\n"),
        ("[](https://e.example/a)", "<p> (https://e.example/a)</p>\n"),
        ("<b>raw</b>", "<p>&lt;b&gt;raw&lt;/b&gt;</p>\n"),
        ("- one\n- two", "<ul>\n<li>one</li>\n<li>two</li>\n</ul>\n"),
        ("~~gone~~ \\\nline", "<p><s>gone</s> <br>\nline</p>\n"),
        ("$$\\frac{1}{n}$$", "<p>$$\\frac{1}{n}$$</p>\n"),
    ],
)
def test_markdown_keeps_its_words_without_links_or_headings(text, html):
    assert markdown_html(text) == html


def test_a_table_is_a_table():
    assert "<td>1</td>" in markdown_html("| a |\n|---|\n| 1 |")


def test_a_remote_picture_loses_its_address():
    assert markdown_html("![alt](https://e.example/p.png)") == '<p><img alt="Figure that the notebook drew"></p>\n'
