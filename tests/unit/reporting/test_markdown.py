from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from grader.reporting.markdown import render_markdown
from grader.reporting.terminal import terminal_lines
from tests.fakes import grades
from tests.fakes.dom import parse

ASSETS = Path(__file__).parents[2] / "assets" / "reporting"
KINDS = {
    "failing": grades.failing,
    "perfect": grades.perfect,
    "lora": grades.lora,
    "stopped": grades.stopped,
    "not-attempted": grades.not_attempted,
    "never-started": grades.never_started,
    "empty": grades.empty,
}


@pytest.mark.parametrize("name", KINDS)
def test_the_markdown_is_the_golden_one(name):
    assert render_markdown(KINDS[name]()) == (ASSETS / f"{name}.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", KINDS)
def test_the_terminal_shows_the_golden_lines(name):
    lines = terminal_lines(KINDS[name](), report="runs/2.5.4-9f3c1a/report.html")

    assert "\n".join(line.text for line in lines) + "\n" == (ASSETS / f"{name}.txt").read_text(encoding="utf-8")


def test_what_is_escaped_reads_as_it_was_meant():
    name = "1. <b>*a*_b_</b> | [x](https://e.example) www.e.example\n- `c` & #1 ~~d~~ $e$"
    html = MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(render_markdown(grades.named(name)))
    tree = parse(html)

    assert " ".join(name.split()) in " ".join(tree.text.split())
    assert not tree.all("a", "b", "del", "s")
    assert [node.text for node in tree.all("em")] == [plot.title for plot in grades.failing().verdicts[3].plots]


def test_staff_markdown_shows_flags_and_tracebacks():
    text = render_markdown(grades.lora(), staff=True)

    assert "- GR501 Check test\\_merged broke: KeyError 'oops'." in text
    assert "\n    KeyError: 'oops'\n" in text
    assert "lora\\_alpha is 64" in text
