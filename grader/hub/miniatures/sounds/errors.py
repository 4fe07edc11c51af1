"""How far a transcript is from what was said."""

from collections.abc import Sequence


def word_error_rate(told: Sequence[str], said: Sequence[str]) -> float:
    """Words to insert, delete or replace, for each word that was said.

    Args:
        told: transcripts.
        said: the true texts, in the same order.

    Returns:
        0 when every transcript is right.
    """
    wrong = sum(_edits(one.split(), other.split()) for one, other in zip(told, said, strict=True))
    return wrong / sum(len(text.split()) for text in said)


def _edits(one: Sequence[str], other: Sequence[str]) -> int:
    row = list(range(len(other) + 1))
    for at, left in enumerate(one, start=1):
        before, row[0] = row[0], at
        for column, right in enumerate(other, start=1):
            best = min(row[column] + 1, row[column - 1] + 1, before + (left != right))
            before, row[column] = row[column], best
    return row[-1]
