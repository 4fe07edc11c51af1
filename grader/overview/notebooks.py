"""Finds notebooks that share more than the course gave to both, by winnowed fingerprints of their tokens."""

import io
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import combinations
from pathlib import Path
from typing import Any, cast

from grader.model.overview import Pair

#: Tokens of a fingerprint, and the stretch of which one is kept (S. Schleimer et al., Winnowing, SIGMOD 2003).
_TOKENS, _WINDOW = 20, 6
#: Fewer own fingerprints than this are too little to compare.
_FEWEST = 12
_MOST_LINES = 12


def code_of(notebook: bytes) -> str:
    """Return the code cells of a notebook as one text; magics and shell lines become comments.

    Args:
        notebook: JSON of nbformat 4, hostile.

    Returns:
        The code; empty when it is no notebook.
    """
    try:
        document: Any = json.loads(notebook)
        cells = cast("list[dict[str, Any]]", document["cells"])
        sources = [cell["source"] for cell in cells if cell["cell_type"] == "code"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""
    texts = ["".join(source) if isinstance(source, list) else str(source) for source in sources]
    lines = "\n".join(texts).splitlines()
    return "\n".join("#" + line if line.lstrip().startswith(("%", "!")) else line for line in lines)


def alike_notebooks(codes: Mapping[str, str], released: str, threshold: float) -> tuple[Pair, ...]:
    """Compare the notebooks of a class.

    Args:
        codes: code by student.
        released: what the course gave to everybody: the starter, and what it shows; it is subtracted.
        threshold: least share of the smaller notebook's own fingerprints, 0 to 1.

    Returns:
        The pairs at or above the threshold, the most alike first, with lines that both have.
    """
    given = _fingerprints(released)
    own = {student: _fingerprints(code) - given for student, code in codes.items()}
    own = {student: prints for student, prints in own.items() if len(prints) >= _FEWEST}
    given_lines = set(_lines(released))
    pairs = [
        Pair(first, second, "notebook", share, _shared_lines(codes[first], codes[second], given_lines))
        for (first, second), share in _shares(own)
        if share >= threshold
    ]
    return tuple(sorted(pairs, key=lambda pair: (-pair.share, pair.first, pair.second)))


def _fingerprints(code: str) -> frozenset[int]:
    """The hashes that winnowing keeps: of tokens with names, numbers and comments taken out."""
    from copydetect import CodeFingerprint

    if not code.strip():
        return frozenset()
    made = CodeFingerprint("notebook.py", _TOKENS, _WINDOW, language="python", fp=io.StringIO(code))
    return frozenset(int(value) for value in made.hashes)


def _shares(own: Mapping[str, frozenset[int]]) -> Iterator[tuple[tuple[str, str], float]]:
    """Share of the smaller one, for every pair with something in common: found by an index, not pair by pair."""
    holders: dict[int, list[str]] = {}
    for student in sorted(own):
        for value in own[student]:
            holders.setdefault(value, []).append(student)
    common: Counter[tuple[str, str]] = Counter()
    most = max(3, len(own) // 4)  # what a quarter of the class has is common knowledge, not copying
    for students in holders.values():
        if len(students) <= most:
            common.update(combinations(students, 2))
    for (first, second), count in common.items():
        yield (first, second), count / min(len(own[first]), len(own[second]))


def _lines(code: str) -> list[str]:
    return [line.strip() for line in code.splitlines() if len(line.strip()) > 10]


def _shared_lines(first: str, second: str, given: set[str]) -> tuple[str, ...]:
    other = set(_lines(second))
    shared = dict.fromkeys(line for line in _lines(first) if line in other and line not in given)
    return tuple(shared)[:_MOST_LINES]


def read_code(folder: Path) -> str:
    """Return the code of the notebook of a run folder; empty when it has none."""
    try:
        return code_of((folder / "submission.ipynb").read_bytes())
    except OSError:
        return ""
