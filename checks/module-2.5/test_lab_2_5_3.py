"""Checks of lab 2.5.3: the processed data set against the one that the rules give."""

import stamps
import tokens

from grader.checking.api import CheckFailure, check

REASONS = {
    "bad_label": "without a label",
    "garbled": "that are garbled",
    "empty": "that are empty",
    "too_long": "that are too long",
    "duplicate": "that are duplicates",
}
SHARE_TOLERANCE, BALANCE_TOLERANCE = 0.01, 0.02
PADDING_TOLERANCE = 1e-4


@check(points=5, cell="exercise-8", hint="Write with `to_parquet`, into files train-*.parquet and test-*.parquet.")
def test_opens(measured, evidence):
    """The processed data set opens, with the columns that were asked for"""
    for name, split in measured.processed["splits"].items():
        evidence.at_least(f"Rows of {name}", split["rows"], 1)


@check(
    points=15,
    needs=[test_opens],
    cell="exercise-3",
    hint="Compare the ids that you keep with those of `raw`: which rule treats the named ones?",
)
def test_rows(measured, evidence):
    """Every clean row is there once, and nothing else"""
    found = measured.processed
    clean = found["clean"]
    missing, examples = found["missing"], found["examples"]
    evidence.note("Rows that the rules keep", clean)
    faults = missing + found["unknown"] + found["repeated"] + sum(found["wrongly_kept"].values())
    share = 1 - faults / max(clean, 1)
    for label, count, words in (
        ("Clean rows that are missing", missing, f"such as {', '.join(examples['missing'][:3])}"),
        ("Rows that the data set does not have", found["unknown"], f"such as {', '.join(examples['unknown'][:3])}"),
        ("Rows that are there more than once", found["repeated"], "within one split"),
    ):
        evidence.equals(f"{label}, {words}" if count else label, count, 0)
        evidence.partial(2 * share - 1)
    for reason, count in found["wrongly_kept"].items():
        evidence.equals(f"Rows kept {REASONS[reason]}", count, 0)
        evidence.partial(2 * share - 1)
    if mistake := _row_mistake(found):
        evidence.mistake(*mistake)


@check(
    points=15,
    needs=[test_rows],
    cell="exercise-4",
    hint="Split once, after the duplicates are gone, with `stratify_by_column`.",
)
def test_splits(measured, run, evidence):
    """Train and test share no text, and both are balanced as the whole"""
    found = measured.processed
    train, test = found["splits"]["train"], found["splits"]["test"]
    evidence.equals("Rows of test that are in train too", found["shared_ids"], 0)
    hint = "Remove duplicates, exact and near ones, before you split: what is in both is no test."
    if not evidence.equals("Texts of test whose words are in train too", found["shared_texts"], 0, hint=hint):
        evidence.mistake("test-leaks-into-train", hint)
    share, wanted = test["rows"] / max(train["rows"] + test["rows"], 1), run.parameters["test_share"]
    evidence.between("Share of the test split", round(share, 4), wanted - SHARE_TOLERANCE, wanted + SHARE_TOLERANCE)
    low, high = found["positive_share"] - BALANCE_TOLERANCE, found["positive_share"] + BALANCE_TOLERANCE
    for name, split in (("train", train), ("test", test)):
        evidence.between(
            f"Share of good reviews in {name}", round(split["positive_share"], 4), round(low, 4), round(high, 4)
        )


@check(
    points=10,
    needs=[test_rows],
    cell="exercise-8",
    hint="Never sort, shuffle or filter one column by itself: a row is a row.",
)
def test_labels(measured, evidence):
    """Labels and texts have stayed together"""
    found = measured.processed
    evidence.at_least("Rows whose label can be compared", found["compared"], 1)
    if not evidence.equals("Rows whose label is not the source's", found["wrong_labels"], 0):
        flipped = found["flipped"]
        evidence.mistake(
            "labels-flipped" if flipped else "columns-out-of-step",
            "Every label is the other one: 0 is negative, 1 is positive." if flipped else "",
        )


@check(
    points=15,
    needs=[test_rows],
    cell="exercise-6",
    hint="Tokenise the cleaned text with the tokenizer of `base_model`, `truncation=True, max_length=max_length`.",
)
def test_tokens(measured, run, evidence):
    """The stored tokens are those of the stated tokenizer"""
    found, limit = measured.tokens, run.parameters["max_length"]
    evidence.at_most("Tokens of the longest row", found["longest"], limit)
    evidence.at_least("Rows tokenised again", found["compared"], 1)
    evidence.equals("Of these, rows with the same ids", found["equal"], found["compared"])
    evidence.equals(
        "Rows whose mask is not all ones", found["masks_wrong"], 0, hint="Unpadded rows have nothing to mask."
    )
    for name, mistake, hint in (
        ("padded", "stored-padded", "Leave `padding` out: the data collator pads each batch to its own longest row."),
        ("cut", "cut-too-short", f"Rows end too early: cut off at `max_length`, which is {limit}."),
        ("too_long", "not-truncated", "Cut off at `max_length`: `truncation=True`."),
        ("other_ids", "tokenizer-mismatch", "The tokenizer must come from `base_model`, with its special tokens."),
    ):
        if found[name] > found["compared"] // 50:
            evidence.mistake(mistake, hint)


@check(
    points=5,
    needs=[test_rows],
    cell="exercise-4",
    hint="Pass `seed=seed` to `train_test_split`, and keep the rows in the order of the data set until then.",
)
def test_seed(measured, evidence):
    """The same seed gives the same split"""
    evidence.equals("Clean rows on the other side than with your seed", measured.processed["misplaced"], 0)


@check(points=5, cell="exercise-5", hint='`batch["text"]` is a list: give all of it to the tokenizer in one call.')
def test_batches(probes, bases, lab, run, evidence):
    """The tokenising function takes a batch of any size"""
    right = tokens.encoder(bases[lab.hub_models[0]], run.parameters["max_length"])
    for number, call in enumerate(probes.of("tokenize"), 1):
        texts = call.inputs["batch"]["text"]
        wanted = [right(text) for text in texts]
        ids, mask = (_lists(call.output, key) for key in ("input_ids", "attention_mask"))
        where = f"batch {number}, of {len(texts)}"
        evidence.equals(f"Rows that come back ({where})", len(ids), len(texts))
        lengths = [len(row) for row in wanted]
        same = evidence.equals(f"Tokens of each ({where})", str([len(row) for row in ids]), str(lengths))
        if not same and len(ids) == len(wanted) > 1 and len({len(row) for row in ids}) == 1:
            evidence.mistake("stored-padded", "Leave `padding` out: rows keep their own lengths.")
        evidence.equals(f"Rows with the right ids ({where})", sum(map(list.__eq__, ids, wanted)), len(texts))
        evidence.holds(f"The mask is all ones ({where})", mask == [[1] * len(row) for row in ids])


@check(points=5, needs=[test_opens], cell="exercise-9", hint="Compute every number from `tokenised`, after cleaning.")
def test_stats(artifacts, measured, run, evidence):
    """The statistics are those of what you saved"""
    stats, found = artifacts.fits_schema("stats.json"), measured.processed
    stamps.of_this_run(stats, "stats.json", run, evidence)
    evidence.agrees("Rows in", stats.integer("rows_in"), found["rows_in"], 0)
    for reason, words in REASONS.items():
        evidence.agrees(f"Rows dropped {words}", stats.nested("dropped").integer(reason), found["dropped"][reason], 0)
    for name, split in found["splits"].items():
        told = stats.nested("splits").nested(name)
        if not evidence.agrees(f"Rows of {name}", told.integer("rows"), split["rows"], 0):
            evidence.mistake("numbers-of-another-version", "Count what you saved, not what you loaded.")
        for label in ("0", "1"):
            evidence.agrees(f"Label {label} in {name}", told.nested("labels").integer(label), split["labels"][label], 0)
        for key, right in split["tokens"].items():
            evidence.agrees(f"Tokens in {name}, {key}", told.nested("tokens").number(key), right, 0.01)


@check(
    points=10,
    bonus=True,
    needs=[test_opens],
    cell="exercise-10",
    hint="Count the positions of each batch as rows times longest row, and the tokens among them.",
)
def test_padding(artifacts, measured, run, evidence):
    """Bonus: the share of padding is known for three ways to batch"""
    told = artifacts.fits_schema("padding.json")
    stamps.of_this_run(told, "padding.json", run, evidence)
    train = measured.processed["splits"]["train"]
    places = max(train["rows"] * run.parameters["max_length"], 1)
    right = {"fixed": max(1 - train["positions"] / places, 0), **train["padding"]}
    evidence.equals("Rows of a batch", told.integer("batch_size"), 32)
    evidence.plot(
        "bars", "Padding, as we measure it", unit="%", values={how: 100 * share for how, share in right.items()}
    )
    for how, share in right.items():
        evidence.agrees(f"Padding, {how}", told.nested("share").number(how), round(share, 6), PADDING_TOLERANCE)


def _row_mistake(found):
    """The usual mistake that the rows show, with the next step."""
    kept, missing = found["wrongly_kept"], found["missing"]
    if found["unknown"] > found["clean"] // 2:
        return "ids-renumbered", "Keep the `id` of the source: it is how a row can be found again."
    if kept["duplicate"] > 0 and kept["duplicate"] == sum(kept.values()):
        return "duplicates-left", "Compare by `key`, over the whole data set and not within each process."
    if found["repeated"] and missing:
        return "shard-written-twice", "Each shard has its own `index`: is one piece written in the place of another?"
    if missing > found["clean"] // 10:
        return "shard-forgotten", "Write every piece: `index` runs from 0 to `count - 1`."
    if 0 < missing < 1_000 and not sum(kept.values()):
        return "last-batch-lost", "Is the last batch there, the one that is not full?"
    return None


def _lists(output, key):
    """The lists of one entry of what the function returned, as plain numbers."""
    found = output[key] if hasattr(output, "entries") else None
    if not isinstance(found, list) or not all(isinstance(row, list) for row in found):
        raise CheckFailure(f"`tokenize` returned no list of lists as `{key}`, one for each text of the batch.")
    return found
