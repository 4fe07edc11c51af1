"""The part of .gitignore that people use: wildcards, folders, anchors, negation."""

import re
from functools import lru_cache

_MAX_LINES = 500
_MAX_STARS = 3
"""A pattern with more wildcards is left out: it could keep the matcher busy for minutes."""


def ignored(path: str, gitignore: str) -> bool:
    """Tell whether a .gitignore excludes a path.

    Args:
        path: in the repository.
        gitignore: content of the file.

    Returns:
        The word of the last rule that matches the path or a folder above it; False when none does.
    """
    verdict = False
    for negated, rule in _rules(gitignore):
        if rule.match(path):
            verdict = not negated
    return verdict


@lru_cache(maxsize=8)
def _rules(gitignore: str) -> tuple[tuple[bool, re.Pattern[str]], ...]:
    lines = [line.strip() for line in gitignore.splitlines()[:_MAX_LINES]]
    patterns = [
        line for line in lines if line.strip("!/") and not line.startswith("#") and line.count("*") <= _MAX_STARS
    ]
    return tuple((line.startswith("!"), _compile(line.removeprefix("!"))) for line in patterns)


def _compile(pattern: str) -> re.Pattern[str]:
    body = pattern.removesuffix("/")
    anchored = "/" in body
    parts = {"**/": "(?:.*/)?", "/**": "/.*", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    text = re.sub(
        r"\*\*/|/\*\*|\*\*|\*|\?|[^*?/]+|/",
        lambda token: parts.get(token.group(), re.escape(token.group())),
        body.lstrip("/"),
    )
    end = "/" if pattern.endswith("/") else "(?:/|$)"
    return re.compile(("" if anchored else "(?:.*/)?") + text + end)
