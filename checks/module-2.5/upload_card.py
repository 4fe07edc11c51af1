"""Reads a model card as its readers do: the Hub the metadata, people the sections, the tables and the code."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from markdown_it import MarkdownIt

from grader.checking.api import CheckFailure, Missing
from grader.checking.api.cards import card_block, validate_card

#: Characters of a card that are read: real ones have ten thousand.
LONGEST = 60_000
_WORD = re.compile(r"[^\W\d_]{2,}")


@dataclass(frozen=True)
class Section:
    """A heading and everything below it, up to the next heading of its own level."""

    heading: str
    lines: tuple[str, ...]
    """Paragraphs, list items, and the rows of tables, their cells apart by ` | `."""
    code: tuple[tuple[str, str], ...]
    """Language and text of each block of code."""
    tables: tuple[tuple[tuple[str, ...], ...], ...]
    """Rows of cells, the header first."""

    @property
    def prose(self) -> str:
        """Everything but the code."""
        return "\n".join(self.lines)

    @property
    def words(self) -> list[str]:
        """Every word of two letters or more, in small letters; code counts like text."""
        return _WORD.findall("\n".join([self.prose, *(text for _, text in self.code)]).lower())


@dataclass(frozen=True)
class Card:
    """A model card, taken apart."""

    text: str
    """The whole file."""
    errors: tuple[str, ...]
    """Why the Hub would refuse its metadata."""
    warnings: tuple[str, ...]
    sections: tuple[Section, ...]

    @property
    def body(self) -> str:
        """What people read: everything below the metadata."""
        block = card_block(self.text)
        return self.text if block is None else self.text.split(block, 1)[1].lstrip().removeprefix("---")

    @property
    def python(self) -> str | None:
        """The first block of code that is marked as Python."""
        blocks = (block for section in self.sections[:1] for block in section.code)
        return next((text for language, text in blocks if language in {"python", "py"}), None)


def read_card(path: Path) -> Card:
    """Take a README.md apart.

    Raises:
        CheckFailure: it is no text, or too long for a card.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as exc:
        raise CheckFailure("README.md is not UTF-8 text.") from exc
    if not text.strip():
        raise Missing("README.md is empty.")
    if len(text) > LONGEST:
        raise CheckFailure(f"README.md has {len(text):,} characters; a card of more than {LONGEST:,} is not read.")
    return _taken_apart(text)


@lru_cache(maxsize=4)
def _taken_apart(text: str) -> Card:
    report = validate_card(text, "model")
    card = Card(text, tuple(report.errors), tuple(report.warnings), ())
    return replace(card, sections=tuple(_sections(card.body)))


def shingles(words: Sequence[str], size: int = 5) -> set[tuple[str, ...]]:
    """Every run of so many words."""
    return {tuple(words[start : start + size]) for start in range(len(words) - size + 1)}


def shared(words: Sequence[str], others: Sequence[str]) -> float:
    """The share of the runs of five words that another text holds as well."""
    own = shingles(words)
    return len(own & shingles(others)) / len(own) if own else 0.0


def all_words(text: str) -> list[str]:
    """The words of a text, comments included: a template's advice is in comments."""
    return _WORD.findall(text.lower())


@lru_cache
def template_words() -> tuple[str, ...]:
    """The words of the card that the Hub's library offers to be filled in."""
    from huggingface_hub.repocard import TEMPLATE_MODELCARD_PATH

    return tuple(all_words(TEMPLATE_MODELCARD_PATH.read_text("utf-8")))


def _sections(body: str) -> list[Section]:
    """The whole body first, then one section for each heading, with the sections below it."""
    pieces: list[tuple[int, str, list]] = [(0, "", [])]
    tokens = MarkdownIt("commonmark").enable("table").parse(_without_comments(body))
    for at, token in enumerate(tokens):
        if token.type == "heading_open":
            pieces.append((int(token.tag[1]), tokens[at + 1].content, []))
        elif token.type != "inline" or tokens[at - 1].type != "heading_open":
            pieces[-1][2].append(token)
    found = []
    for at, (level, heading, own) in enumerate(pieces):
        below = list(own)
        for other, _, tokens_below in pieces[at + 1 :]:
            if other <= level:
                break
            below += tokens_below
        found.append(_section(heading, below))
    return found


def _without_comments(text: str) -> str:
    """The text without HTML comments, in one pass; one that is never closed stays."""
    kept, at = [], 0
    while (start := text.find("<!--", at)) >= 0 and (end := text.find("-->", start + 4)) >= 0:
        kept.append(text[at:start])
        at = end + 3
    return "".join([*kept, text[at:]])


def _section(heading: str, tokens) -> Section:
    lines: list[str] = []
    code: list[tuple[str, str]] = []
    tables: list[list[list[str]]] = []
    in_table = False
    for token in tokens:
        if token.type == "table_open":
            in_table = True
            tables.append([])
        elif token.type == "table_close":
            in_table = False
            lines += [" | ".join(row) for row in tables[-1]]
        elif token.type == "tr_open":
            tables[-1].append([])
        elif token.type == "inline" and in_table:
            tables[-1][-1].append(token.content.strip())
        elif token.type == "inline":
            lines += token.content.split("\n\n")
        elif token.type == "fence":
            code.append((token.info.strip().lower().partition(" ")[0], token.content))
    rows = tuple(tuple(tuple(row) for row in table) for table in tables)
    return Section(heading, tuple(lines), tuple(code), rows)
