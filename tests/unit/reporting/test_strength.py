"""The page on the strength of checks: self-contained, everything escaped, every outcome in words."""

import html
import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import msgspec
import pytest

from grader.errors import InternalFault
from grader.model.strength import CheckStrength, LabStrength, Outcome, Proof, StrengthReport, Trial
from grader.reporting.schema import STRENGTH_SCHEMA_FILE, schema_text, strength_schema
from grader.reporting.strength import OUTCOMES, render_strength

TRIALS = tuple(
    Trial(f"<b>{outcome}", "artifact", harmless=False, outcome=outcome, caught_by=("test_a", "test_b"), reason="why")
    for outcome in Outcome
)
LAB = LabStrength(
    lab_id="9.1",
    title="A lab & more",
    profile="miniature",
    proofs=(
        Proof("reference", None, 10, 10, ok=True),
        Proof("starter", 3, 0, 5, ok=False, problems=("it earns 5 points, not 0",)),
    ),
    trials=TRIALS,
    checks=(CheckStrength("test_a", "It holds", 5, hidden=True, cases=2, mutants=3, alone=0),),
    strength=0.875,
    bar=0.9,
    ok=False,
    problems=("too weak",),
    notes=("something was left out",),
)
REPORT = StrengthReport((LAB,), ok=False, seed=0, seconds=1.5, made="2026-11-25T12:00:00+00:00", versions={"a": "1"})


def test_the_page_says_everything_and_escapes_names():
    page = render_strength(REPORT)
    for words in (
        "87.5 %",
        "too weak",
        "something was left out",
        "it earns 5 points, not 0",
        "A lab &amp; more",
        "a 1",
    ):
        assert words in page
    assert "&lt;b&gt;caught" in page
    assert "<b>caught" not in page
    assert all(status.word in page for status in OUTCOMES.values())
    assert "0 <span>of 1 labs" in page.replace("</b>", "")


def test_the_page_asks_for_nothing_and_runs_nothing():
    page = render_strength(REPORT)
    assert "default-src 'none'" in html.unescape(page)
    assert "<script" not in page
    assert "<img" not in page
    assert "<link" not in page


def test_a_lab_of_which_nothing_was_judged_says_so():
    page = render_strength(replace(REPORT, labs=(replace(LAB, strength=None, trials=()),)))
    assert "No wrong submission was judged" in page
    assert "<details>" not in page


def test_a_page_without_its_template_is_our_fault(tmp_path: Path):
    with pytest.raises(InternalFault) as caught:
        render_strength(REPORT, templates=tmp_path)
    assert caught.value.code == "GR508"


def test_the_published_schema_is_the_one_of_the_dataclasses_and_fits():
    assert STRENGTH_SCHEMA_FILE.read_text("utf-8") == schema_text(strength_schema())
    jsonschema.validate(json.loads(msgspec.json.encode(REPORT)), strength_schema())
