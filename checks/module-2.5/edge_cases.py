"""Judges what text classification does with unusual inputs: an answer, an answer to the beginning, or a refusal."""

import unicodedata

from demos import count_right, read

from grader.checking.api import pipelines
from grader.checking.api.pipelines import MOST_CHARACTERS, same_scores

LEAST_CHARACTERS = 10_000
#: Kind -> whether an input is of it, and what it is in words.
KINDS = {
    "empty": (lambda one: isinstance(one, str) and not one.strip(), "empty, or white space"),
    "long": (
        lambda one: isinstance(one, str) and LEAST_CHARACTERS <= len(one) <= MOST_CHARACTERS,
        f"a text of {LEAST_CHARACTERS:,} to {MOST_CHARACTERS:,} characters",
    ),
    "other-language": (
        lambda one: _text(one) and any(letter.isalpha() and not letter.isascii() for letter in one),
        "a text with a letter beyond a to z",
    ),
    "emoji": (lambda one: _text(one) and any(map(_is_emoji, one)), "a text with an emoji"),
    "wrong-type": (lambda one: not isinstance(one, str), "no text"),
}


def refused(output) -> bool:
    """Whether an output is a refusal: an object with a sentence under `error`."""
    return isinstance(output, dict) and isinstance(output.get("error"), str) and bool(output["error"].strip())


def compare(name, item, output, demo, evidence, *, device, allowed) -> None:
    """Fill the table for one input of text classification."""
    if not isinstance(item, str) or not item.strip():
        kind = "an empty text" if isinstance(item, str) else f"a value of type {type(item).__name__}"
        if not evidence.holds(
            f"{name}: refused",
            refused(output),
            f"`run_demo` answers {str(output)[:80]} to {kind}; a refusal is needed.",
            measured=str(output)[:60],
            required='{"error": "why"}',
            hint='Return `{"error": "..."}` in the place of that input.',
        ):
            evidence.mistake("nothing-is-answered", "A model answers anything, also nothing: look at the input first.")
        return
    ours = pipelines.answers(demo.task, demo.folder, demo.options, [item], device=device)
    theirs = read(demo.task, [output], 1)
    said = f"{theirs[0].texts[0]} ({theirs[0].numbers[0]:.4f})" if theirs[0] else str(output)[:60]
    if not evidence.holds(
        f"{name}: answered as the model does",
        count_right(demo.task, theirs, ours, allowed),
        f"{name}: you have {said}, the model gives {ours[0].texts[0]} ({ours[0].numbers[0]:.4f}).",
        claimed=said,
        measured=f"{ours[0].texts[0]} ({ours[0].numbers[0]:.4f})",
        required="the same",
    ):
        if theirs[0] and same_scores(theirs[0], ours[0], allowed):
            evidence.mistake("labels-swapped", "Use the labels of the model's own config: `model.config.id2label`.")
        elif len(item) >= LEAST_CHARACTERS:
            evidence.mistake("long-text", "Pass `truncation=True`: the text is cut off at the model's own limit.")


def compare_tokens(name, case, demo, device, evidence) -> None:
    """Compare the stated numbers of tokens with the tokenizer's."""
    if not isinstance(case["input"], str):
        return
    tokenizer = pipelines.load(demo.task.name, demo.folder, device).tokenizer
    for key, options in (("tokens", {}), ("kept", {"truncation": True})):
        right = len(tokenizer(case["input"], **options)["input_ids"])
        evidence.agrees(f"{name}: {key}", case.get(key), right, 0, hint="Count with the pipeline's own tokenizer.")


def _text(item) -> bool:
    return isinstance(item, str) and len(item) <= MOST_CHARACTERS


def _is_emoji(letter) -> bool:
    return unicodedata.category(letter) == "So"
