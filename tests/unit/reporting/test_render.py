import base64
import hashlib
import re
from itertools import pairwise
from pathlib import Path

import pytest

from grader.errors import InternalFault
from grader.reporting import words
from grader.reporting.render import TEMPLATES, render_html
from tests.fakes import grades
from tests.fakes.dom import parse
from tests.unit.reporting.test_markdown import KINDS

HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")


def tree_of(grade, notebook=None, **options):
    return parse(render_html(grade, notebook, **options).removeprefix("<!doctype html>\n"))


@pytest.fixture(params=[*KINDS, "staff"])
def tree(request):
    if request.param == "staff":
        return tree_of(grades.lora(), grades.notebook(), staff=True)
    return tree_of(KINDS[request.param](), grades.notebook())


def test_the_same_grade_gives_the_same_bytes():
    assert render_html(grades.failing(), grades.notebook()) == render_html(grades.failing(), grades.notebook())


def test_forty_cells_stay_under_200_kib():
    assert len(render_html(grades.failing(), grades.notebook(40)).encode()) < 200 * 1024


def test_the_policy_comes_first_and_allows_exactly_our_style(tree):
    first = tree.all("meta")[0].attrs
    css = tree.all("style")[0].text
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()

    assert first["http-equiv"] == "Content-Security-Policy"
    assert first["content"] == (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'"
    )


def test_one_h1_and_no_level_is_skipped(tree):
    levels = [int(node.tag[1]) for node in tree.all(*HEADINGS)]

    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(later - earlier <= 1 for earlier, later in pairwise(levels))
    assert all(node.text.strip() for node in tree.all(*HEADINGS))


def test_the_page_has_its_language_title_landmarks_and_skip_link(tree):
    assert tree.all("html")[0].attrs["lang"] == "en"
    assert tree.all("title")[0].text.strip()
    assert [len(tree.all(tag)) for tag in ("main", "header", "footer")] == [1, 1, 1]
    skip = tree.all("a")[0]
    assert skip.attrs["href"] == f"#{tree.all('main')[0].attrs['id']}"


def test_ids_are_unique_and_every_reference_leads_somewhere(tree):
    ids = [node.attrs["id"] for node in tree.walk() if "id" in node.attrs]
    targets = {node.attrs["href"][1:] for node in tree.all("a")}
    for node in tree.walk():
        for name in ("aria-labelledby", "aria-describedby"):
            targets |= set(node.attrs.get(name, "").split())

    assert len(ids) == len(set(ids))
    assert targets <= set(ids)


def test_our_tables_have_captions_and_scoped_headers(tree):
    ours = [table for table in tree.all("table") if "class" in table.attrs]

    assert ours
    for table in ours:
        assert table.children
        assert [node.text.strip() != "" for node in table.all("caption")] == [True]
        assert all(node.attrs.get("scope") in {"row", "col"} for node in table.all("th"))


def test_pictures_links_and_scrolling_boxes_have_names(tree):
    for picture in tree.all("svg"):
        named = picture.attrs.get("role") == "img" and picture.all("title")[0].text and picture.all("desc")
        assert named or picture.attrs.get("aria-hidden") == "true"
    assert all(node.attrs.get("alt") for node in tree.all("img"))
    assert all(node.text.strip() for node in tree.all("a", "summary"))
    for node in tree.walk():
        if node.attrs.get("tabindex") == "0":
            assert node.attrs["role"] == "group"
            assert node.attrs["aria-label"].strip()


def test_lists_hold_items_alone(tree):
    for node in tree.all("ul", "ol"):
        assert {child.tag for child in node.children if child.text.strip() or child.tag != "#text"} <= {"li"}


def test_every_state_is_shown_with_icon_and_word():
    pages = [tree_of(make()) for make in KINDS.values()]
    chips = {" ".join(node.text.split()) for page in pages for node in page.walk() if node.has_class("chip")}

    assert chips == {f"{status.icon} {status.word}" for status in words.GROUPS}


def test_the_order_of_the_page_is_that_of_what_matters():
    headings = [" ".join(node.text.split()) for node in tree_of(grades.stopped(), grades.notebook()).all("h1", "h2")]

    assert headings == [
        "Fine-tune a classifier with Trainer",
        "Your notebook was stopped at a limit",
        "About your files",
        "Do this next",
        "Not reached 1",
        "Not judged 1",
        "Passed 1",
        "Your notebook as it ran",
        "Time and memory",
        "Reproduce this",
    ]


def test_failed_checks_are_open_and_passed_ones_folded():
    tree = tree_of(grades.failing())

    folded = {node.attrs["id"] for node in tree.all("details") if node.attrs.get("id", "").startswith("check-")}
    assert folded == {"check-1", "check-3"}
    assert all("open" not in node.attrs for node in tree.all("details"))
    assert {node.attrs["id"] for node in tree.all("article")} == {
        "check-4",
        "check-5",
        "check-9",
        "check-10",
        "check-11",
    }


def test_a_check_leads_to_its_cell_only_when_the_cell_is_there():
    assert "#cell-7" in {node.attrs["href"] for node in tree_of(grades.failing(), grades.notebook()).all("a")}
    assert "#cell-7" not in {node.attrs["href"] for node in tree_of(grades.failing(), None).all("a")}


@pytest.mark.parametrize("name", ["محمد عبد الله", "山田 太郎", "Zoë O’Neill-Łukasz", "a" * 300])
def test_names_from_everywhere_are_isolated_in_their_line(name):
    (who,) = [node for node in tree_of(grades.named(name)).walk() if node.has_class("who")]

    assert who.all("bdi")[0].text == (name if len(name) < 120 else "a" * 119 + "…")


def test_unsandboxed_is_stamped_at_the_top_and_explained():
    tree = tree_of(grades.lora())

    assert [node.text for node in tree.walk() if node.has_class("stamped")] == ["Unsandboxed", "Unsandboxed"]
    assert "An official grade needs a sandboxed run." in " ".join(tree.text.split())


def test_nothing_of_jinja_or_python_shows_through(tree):
    code = {id(inner) for node in tree.all("style", "pre") for inner in node.walk()}
    text = " ".join(node.own_text for node in tree.walk() if id(node) not in code)

    assert not re.search(r"\{\{|\}\}|\{%|None|(?<!=)True|Markup|\bobject at\b|Verdict|Status\(", text)


def test_a_missing_template_is_our_fault(tmp_path: Path):
    with pytest.raises(InternalFault, match="GR508"):
        render_html(grades.failing(), None, templates=tmp_path)


def test_no_template_trusts_a_value():
    sources = [path.read_text(encoding="utf-8") for path in TEMPLATES.glob("*.j2")]

    assert sources
    assert not [source for source in sources if re.search(r"\|\s*safe|autoescape|Markup", source)]


def test_only_the_charts_the_highlighter_and_the_sanitiser_make_markup():
    room = Path(words.__file__).parent
    making = {
        path.relative_to(room).as_posix()
        for path in room.rglob("*.py")
        if re.search(r"Markup\((?!\)|\"\"\))", path.read_text(encoding="utf-8"))
    }

    assert making == {"charts/svg.py", "highlight.py", "sanitise.py"}


def test_what_was_not_reached_is_folded_and_said_once():
    page = tree_of(grades.stopped(), grades.notebook())
    (section,) = [node for node in page.all("section") if node.attrs.get("aria-labelledby") == "group-not-reached"]

    assert [" ".join(node.text.split()) for node in section.all("p") if node.has_class("once")] == [
        "The run ended in cell 6, before this was done."
    ]
    assert [node.has_class("folded") for node in section.all("details")] == [True]
