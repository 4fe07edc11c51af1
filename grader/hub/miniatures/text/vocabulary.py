"""The WordPiece vocabulary of the text miniatures: every word of the grammar, and the pieces of all others."""

import string
from collections import Counter
from itertools import islice

from grader.hub.miniatures.text import words
from grader.hub.miniatures.text.grammar import HARD, reviews
from grader.hub.miniatures.text.pretraining import readings

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
COMMON = words.listed(
    """
    a about after again all also am an and any are as at back be because been before best better big but by can come
    could day did do does down end even ever every few film films find first for from get give go got had has have he
    her here him his how i if in into is it its just kind know last less life like little long look made make man many
    may me more most movie movies much my need new no now of off old on one only or other our out over own part people
    quite rather real really saw say scene scenes see seen she should show so some still such take than that the their
    them then there these they thing things think this those though thought three through time to too two under up us
    use very want was watch watched way we well went were what when where which while who why will with without woman
    work world would year years yet you young your don didn doesn isn wasn couldn t s ll ve re d m
    """
)
PIECES = 700
"""How many of the commonest beginnings and ends of words are added."""


def vocabulary() -> dict[str, int]:
    """The entries with their ids; letters and pieces let any English text be spelled.

    Returns:
        Fewer than 3,000 entries, the special ones first.
    """
    letters = string.ascii_lowercase + string.digits
    corpus = [review.text for review in islice(reviews("vocabulary", HARD), 4000)]
    corpus += [reading.text for reading in readings("vocabulary", 1000)]
    counts = Counter(_split(" ".join(corpus)))
    known = sorted(counts, key=lambda word: (-counts[word], word))
    known += sorted({*_split(" ".join(words.GOOD + words.BAD + words.ASPECTS + COMMON))} - {*known})
    entries = [*SPECIAL, *string.punctuation, *letters, *(f"##{letter}" for letter in letters)]
    entries += [word for word in known if word not in set(entries)]
    entries += [piece for piece in _pieces(known) if piece not in set(entries)]
    return {entry: at for at, entry in enumerate(entries)}


def _split(text: str) -> list[str]:
    spaced = "".join(letter if letter.isalnum() else " " for letter in text.lower())
    return spaced.split()


def _pieces(known: list[str]) -> list[str]:
    counts: Counter[str] = Counter()
    for word in known:
        counts.update(word[:size] for size in range(2, min(6, len(word))))
        counts.update("##" + word[-size:] for size in range(2, min(6, len(word))))
    return sorted(counts, key=lambda piece: (-counts[piece], piece))[:PIECES]
