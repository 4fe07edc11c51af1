import time

import pytest

from grader.hub.gitignore import ignored


@pytest.mark.parametrize(
    ("path", "rules", "verdict"),
    [
        ("a.log", "*.log", True),
        ("deep/a.log", "*.log", True),
        ("a.txt", "*.log", False),
        ("build/x.txt", "build/", True),
        ("build", "build/", False),
        ("src/build/x.txt", "build/", True),
        ("src/build/x.txt", "/build/", False),
        ("docs/a/b.md", "docs/**/b.md", True),
        ("docs/a/b.md", "docs/**", True),
        ("a1.txt", "a?.txt", True),
        ("keep.log", "*.log\n!keep.log", False),
        ("x", "# comment\n\n!\n/", False),
        ("a+b.txt", "a+b.txt", True),
    ],
)
def test_rules_mean_what_they_mean_to_git(path: str, rules: str, verdict: bool):
    assert ignored(path, rules) is verdict


def test_a_pattern_made_to_be_slow_is_left_out():
    began = time.perf_counter()

    assert ignored("a" * 255, "*a*a*a*a*a*a*a*a*b") is False
    assert ignored("a" * 255, "*a*a*b") is False
    assert time.perf_counter() - began < 2
