"""The page of a class: everything that staff need, nothing hostile, and no name where students may read."""

import base64
import hashlib
from itertools import pairwise
from pathlib import Path

import pytest

from grader.catalog import load_lab
from grader.errors import InternalFault
from grader.model.overview import Pair
from grader.overview import class_facts
from grader.reporting import class_words
from grader.reporting.class_page import render_class
from tests.fakes.dom import parse
from tests.fakes.overviews import NAMES, class_of

LAB = load_lab(Path(__file__).parents[3] / "labs" / "module-2.5" / "lab-2.5.4.toml")
PAIRS = (
    Pair("s0001", "s0002", "notebook", 0.87, ("<script>alert(1)</script> = 3",)),
    Pair("s0003", "s0004", "checkpoint", 0.9991),
)


def facts_of(size, pairs=PAIRS):
    return class_facts(LAB, class_of(size), pairs, made="2026-11-20T10:00:00+00:00", notes=["s0009: no weights"])


@pytest.fixture(scope="module")
def page():
    return render_class(facts_of(60))


@pytest.fixture(scope="module")
def tree(page):
    return parse(page.removeprefix("<!doctype html>\n"))


def test_the_same_class_gives_the_same_bytes(page):
    assert render_class(facts_of(60)) == page


def test_five_hundred_students_stay_under_a_megabyte():
    assert len(render_class(facts_of(500)).encode()) < 1024**2


def test_the_policy_allows_exactly_our_style_and_our_script(tree):
    policy = tree.all("meta")[0].attrs["content"]
    for tag, directive in (("style", "style-src"), ("script", "script-src")):
        (node,) = tree.all(tag)
        digest = base64.b64encode(hashlib.sha256(node.text.encode()).digest()).decode()
        assert f"{directive} 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'")


def test_nothing_that_a_student_wrote_becomes_markup(tree):
    nodes = list(tree.walk())
    assert not [name for node in nodes for name in node.attrs if name.startswith("on") or name == "style"]
    assert not [node for node in nodes if node.tag == "b" and "Bob" in node.text]
    assert "<script>alert(1)</script>" in tree.text


def test_sections_come_in_the_order_in_which_they_are_needed(tree):
    titles = [node.text.strip().rstrip("0123456789").strip() for node in tree.all("h2")]

    assert titles == [
        class_words.ATTENTION,
        class_words.SCORES,
        class_words.ITEMS,
        class_words.SIGNATURES,
        class_words.CLAIMS,
        class_words.COST,
        class_words.PAIRS,
        class_words.STUDENTS,
        class_words.NOTES,
    ]
    levels = [int(node.tag[1]) for node in tree.all("h1", "h2", "h3")]
    assert levels.count(1) == 1
    assert all(later <= earlier + 1 for earlier, later in pairwise(levels))


def test_every_student_has_a_row_and_every_graded_one_a_page(tree):
    table = tree.all("table")[-1]
    rows = table.all("tbody")[0].all("tr")

    assert len(rows) == 60
    linked = [row for row in rows if row.all("a")]
    assert len(linked) == sum(entry.grade is not None for entry in class_of(60))
    assert all(row.all("a")[0].attrs["href"].endswith("report.html") for row in linked)


def test_numbers_carry_the_key_that_they_are_sorted_by(tree):
    for table in tree.all("table"):
        columns = {number for number, cell in enumerate(table.all("thead")[0].all("th")) if cell.has_class("num")}
        for row in table.all("tbody")[0].all("tr"):
            cells = row.all("th", "td")
            assert all("data-key" in cells[number].attrs for number in columns)


def test_every_chart_has_its_words(tree):
    charts = [node for node in tree.all("svg") if node.has_class("chart")]

    assert len(charts) >= 2
    assert all(chart.all("title") and chart.all("desc")[0].text for chart in charts)


def test_names_titles_and_ids_are_unique_and_tables_are_captioned_or_headed(tree):
    ids = [node.attrs["id"] for node in tree.walk() if "id" in node.attrs]
    assert len(ids) == len(set(ids))
    for box in [node for node in tree.walk() if node.has_class("scroll")]:
        assert (box.attrs["role"], box.attrs["tabindex"]) == ("region", "0")
        assert box.attrs["aria-label"].endswith(", table")


def test_the_public_page_names_nobody_and_nothing_hidden():
    facts = facts_of(60)
    text = parse(render_class(facts, public=True).removeprefix("<!doctype html>\n")).text
    hidden = [item.title for item in facts.items if item.hidden]

    assert hidden
    for secret in [*NAMES, *hidden, *(entry.student for entry in facts.entries), "alert(1)"]:
        assert secret not in text
    assert class_words.scores(facts.scores) in text


def test_the_public_page_suppresses_small_groups():
    facts = facts_of(4)

    text = parse(render_class(facts, public=True).removeprefix("<!doctype html>\n")).text

    assert class_words.scores(facts.scores) not in text
    assert class_words.NOTHING in text


def test_an_empty_class_is_shown_as_one():
    text = parse(render_class(facts_of(0, ())).removeprefix("<!doctype html>\n")).text

    assert "No grade yet." in text
    assert text.count(class_words.NOTHING) >= 3


def test_a_missing_template_is_our_fault(tmp_path):
    with pytest.raises(InternalFault, match="GR508"):
        render_class(facts_of(1), templates=tmp_path)
