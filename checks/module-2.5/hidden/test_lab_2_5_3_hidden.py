"""Hidden checks of lab 2.5.3: the rules, on rows that no student has seen."""

import html
import re

from grader.checking.api import CheckFailure, check

TAG, WORD = re.compile(r"<[^>]*>"), re.compile(r"\w+")
GARBLED, LONGEST = ("â€", "\ufffd"), 400
LABELS = {"0": 0, "1": 1, "negative": 0, "positive": 1}
COLUMNS = ("text", "label", "reason", "key")


@check(
    points=5,
    reveal="hint",
    cell="exercise-2",
    hint="Read the table of rules again, one row of it at a time, in its order; and change nothing that no rule names.",
)
def test_rules(probes, evidence):
    """Rows are cleaned and judged by the rules, also those that nobody has seen"""
    for number, call in enumerate(probes.of("inspect_rows"), 1):
        batch = call.inputs["batch"]
        texts = [" ".join(html.unescape(TAG.sub(" ", text)).split()) for text in batch["text"]]
        reasons = [_reason(*row) for row in zip(batch["text"], texts, batch["label"], strict=True)]
        found = {name: _column(call.output, name, len(texts)) for name in COLUMNS}
        where = f"batch {number}, of {len(texts)}"
        for name, right in (
            ("text", texts),
            ("label", [LABELS.get(label, -1) for label in batch["label"]]),
            ("reason", reasons),
        ):
            right_ones = sum(_same(*pair) for pair in zip(found[name], right, strict=True))
            evidence.equals(f"Rows with the right `{name}` ({where})", right_ones, len(texts))
        if [text.lower() for text in texts] == found["text"] != texts:
            evidence.mistake("lower-cased", "Leave the case as it is: the tokenizer knows what it wants.")
        elif [_plain(text) for text in texts] == [_plain(text) for text in map(str, found["text"])]:
            evidence.mistake("characters-lost", "“é” is a letter: encode nothing as ASCII.")


def _reason(raw, text, label):
    """The first rule that applies."""
    if label not in LABELS:
        return "bad_label"
    if any(mark in raw for mark in GARBLED):
        return "garbled"
    if not WORD.search(text):
        return "empty"
    return "too_long" if len(text.split()) > LONGEST else ""


def _column(output, name, count):
    """One column of what the function returned."""
    found = output[name] if hasattr(output, "entries") else None
    if not isinstance(found, list) or len(found) != count:
        raise CheckFailure(f"`inspect_rows` returned no list of {count} as `{name}`, one entry for each row.")
    return found


def _plain(text):
    return " ".join(text.encode("ascii", "ignore").decode().split())


def _same(one, other):
    return one == other and isinstance(one, bool) == isinstance(other, bool)
