"""The contrast of every colour of the style sheet, computed as WCAG 2.2 defines it."""

import re

import pytest

from grader.reporting.render import TEMPLATES

CSS = (TEMPLATES / "report.css").read_text(encoding="utf-8")
BLOCKS = re.findall(r":root \{([^}]*)\}", CSS)
TEXT = ("text", "muted", "link", "passed", "partly", "failed", "ours", "neutral")
CODE = ("code-k", "code-s", "code-c", "code-m", "code-f", "code-e", "text", "muted")
DRAWN = ("c0", "c1", "c2", "c3", "c4", "c5", "bar-passed", "bar-partly", "bar-failed", "bar-ours", "line", "focus")
GROUNDS = ("page", "surface")
CASES = [
    *((name, ground, 4.5) for name in TEXT for ground in (*GROUNDS, "raised")),
    *((name, "raised", 4.5) for name in CODE),
    *((name, f"{name}-tint", 4.5) for name in ("passed", "partly", "failed", "ours", "neutral")),
    *((name, ground, 3.0) for name in DRAWN for ground in GROUNDS),
]


def tokens(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{6})", block))


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_the_measure_is_right():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


def test_light_and_dark_name_the_same_colours():
    light, dark = (tokens(block) for block in BLOCKS)

    assert light.keys() == dark.keys()


@pytest.mark.parametrize("mode", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("name", "ground", "least"), CASES, ids=[f"{n}-on-{g}" for n, g, _ in CASES])
def test_what_is_read_or_seen_stands_out_from_its_ground(mode, name, ground, least):
    colours = tokens(BLOCKS[mode])

    assert contrast(colours[name], colours[ground]) >= least


def test_colours_outside_the_tokens_are_for_paper_alone():
    rest = re.sub(r":root \{[^}]*\}", "", CSS)

    assert set(re.findall(r"#[0-9a-f]{3,8}\b", rest)) == {"#ffffff"}


def test_every_variable_that_is_used_is_a_token():
    assert set(re.findall(r"var\(--([a-z0-9-]+)\)", CSS)) <= tokens(BLOCKS[0]).keys()


@pytest.mark.parametrize(
    "rule", ["prefers-reduced-motion", "@media print", "details-content", "forced-colors", "focus-visible"]
)
def test_the_sheet_knows_motion_paper_and_focus(rule):
    assert rule in CSS


def test_targets_are_at_least_24_pixels_high():
    assert re.search(r"summary \{[^}]*min-height: 24px", CSS)
    assert re.search(r"\.jump a \{[^}]*min-height: 24px", CSS)
