"""How much of a cell's output is kept, and how much a notebook may print before it is stopped."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

#: Kept of what one cell prints, of its pictures and tables, and the number of its outputs.
TEXT_CHARACTERS = 128 * 1024
RICH_CHARACTERS = 3 * 1024**2
MOST_OUTPUTS = 500
_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")


@dataclass
class CellBudget:
    """What one cell may still leave in the notebook."""

    text_left: int = TEXT_CHARACTERS
    rich_left: int = RICH_CHARACTERS
    outputs_left: int = MOST_OUTPUTS
    left_out: int = 0
    """Characters that were not kept."""

    def take_text(self, text: str) -> str:
        """Return what is kept of a printed text."""
        kept = text[: self.text_left]
        self.text_left -= len(kept)
        self.left_out += len(text) - len(kept)
        return kept

    def take_rich(self, characters: int) -> bool:
        """Tell whether an output of this size is kept."""
        if characters > self.rich_left or self.outputs_left <= 0:
            self.left_out += characters
            return False
        self.rich_left -= characters
        self.outputs_left -= 1
        return True

    def note(self) -> str:
        """Return the sentence that the notebook shows about what was left out; empty when all was kept."""
        if not self.left_out:
            return ""
        return f"\n[clipped by the grader: {self.left_out:,} more characters of this cell's output are not kept]\n"


def weight(value: Any) -> int:
    """Return the number of characters in the texts of some JSON data.

    Args:
        value: the content of a kernel message.
    """
    total = 0
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            total += len(item)
        elif isinstance(item, Mapping):
            total += len(item)
            waiting.extend(item.values())
        elif isinstance(item, Sequence):
            total += len(item)
            waiting.extend(item)
        else:
            total += 1
    return total


def collapse(text: str) -> str:
    """Return a printed text as a terminal would show it: of each line, what follows its last carriage return."""
    if "\r" not in text:
        return text
    return "\n".join(line.rstrip("\r").rpartition("\r")[2] for line in text.split("\n"))


def plain(text: str) -> str:
    """Return a text without the control sequences of terminals."""
    return "".join(char for char in _ANSI.sub("", text) if char.isprintable() or char in "\n\t")
