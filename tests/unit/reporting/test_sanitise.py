import pytest

from grader.reporting import sanitise


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain\ttext\n", "plain\ttext\n"),
        ("a\r\nb\u2028c", "a\nb\nc"),
        ("\x1b[31m", "\\x1b[31m"),
        ("\u202egnp.exe", "\\u202egnp.exe"),
        ("\ud800", "\ufffd"),
        ("\x9b\x00", "\\x9b\\x00"),
        ("محمد 山田 👩‍🔬", "محمد 山田 👩‍🔬"),
    ],
)
def test_only_harmless_characters_are_left(text, shown):
    assert sanitise.printable(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07x", "x"),
        ("\x1b]8;;https://e.example\x1b\\link\x1b]8;;\x1b\\", "link"),
        (" 10%\r 50%\r100%\n", "100%\n"),
        ("done\r\nnext\r\n", "done\nnext\n"),
        ("\x1b(Bx", "x"),
    ],
)
def test_terminal_text_is_what_a_terminal_would_show(text, shown):
    assert sanitise.terminal_text(text) == shown


def test_a_clip_keeps_the_beginning_and_the_end_and_says_so():
    cut = sanitise.clip("é" * 3000 + "END", limit=1000)

    assert cut.text.startswith("éé")
    assert cut.text.endswith("END")
    assert len(cut.text.encode()) < 1100
    assert cut.note == "clipped: 5,003 of 6,003 bytes not shown here"


def test_a_short_text_is_not_clipped():
    assert sanitise.clip("short") == sanitise.Clipped("short", "")


@pytest.mark.parametrize(
    ("html", "clean"),
    [
        (
            "<table border=1 class=x><tr><th scope=row>a</th></tr></table>",
            "<table><tbody><tr><th>a</th></tr></tbody></table>",
        ),
        ("<p onclick=x style=y id=z>t</p>", "<p>t</p>"),
        ("<h1>big</h1><a href='https://e.example'>l</a>", "bigl"),
        ("<style>p{}</style><script>x</script>ok", "ok"),
        ("<img src='https://e.example/x.png'>", '<img alt="Figure that the notebook drew">'),
        ("<td colspan=3 rowspan=99>", ""),
        ("<table><td colspan=3 rowspan=99>x", '<table><tbody><tr><td colspan="3">x</td></tr></tbody></table>'),
        ("<table><td colspan=٣>x", "<table><tbody><tr><td>x</td></tr></tbody></table>"),
    ],
)
def test_html_keeps_tables_and_text_alone(html, clean):
    assert sanitise.clean_html(html) == clean


def test_elements_too_deep_for_any_page_are_shown_as_text():
    shown = sanitise.clean_html("<ul><li>" * 30)

    assert shown.startswith("<pre>&lt;ul&gt;")


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("plain", ((False, "plain"),)),
        ("set `lr` now", ((False, "set "), (True, "lr"), (False, " now"))),
        ("`a``b`", ((True, "a"), (True, "b"))),
        ("one ` alone", ((False, "one ` alone"),)),
        ("", ()),
    ],
)
def test_a_sentence_is_split_at_its_code(text, pieces):
    assert sanitise.code_spans(text) == pieces
