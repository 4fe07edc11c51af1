"""Checks of lab 2.5.6: what the card says to the Hub and to people, and whether it is so."""

import ast

from card_numbers import PROCEDURE, indexed, stated, tabled
from card_topics import LEAST_WORDS, NEXT_STEPS, assign, judge_topics, placeholders
from published import answered, logits, probabilities, repository, tolerance
from upload_card import read_card

from grader.checking.api import CheckFailure, Missing, check
from grader.checking.api.cards import CardError, as_list, card_data

#: Licences by which anybody may use a model that is built upon an Apache-2.0 one, as the Hub writes them.
LICENCES = frozenset(
    (
        *("apache-2.0", "mit", "bsd", "bsd-2-clause", "bsd-3-clause", "isc", "zlib", "unlicense", "wtfpl", "ms-pl"),
        *("cc0-1.0", "cc-by-3.0", "cc-by-4.0", "cc-by-sa-4.0", "cc-by-nc-4.0", "cc-by-nc-sa-4.0", "odc-by", "pddl"),
        *("artistic-2.0", "mpl-2.0", "lgpl-3.0", "gpl-3.0", "agpl-3.0", "epl-2.0", "eupl-1.2", "openrail"),
        *("bigscience-openrail-m", "bigscience-bloom-rail-1.0", "bigcode-openrail-m"),
    )
)
REPORTED = ("accuracy", "f1")


@check(points=2, cell="exercise-5", needs=["test_repository"], hint="Push your card after the model, not before.")
def test_card(artifacts, evidence):
    """The repository has a card that somebody wrote"""
    if not artifacts.exists("pushed/README.md"):
        raise Missing("The repository has no README.md.", "`card.push_to_hub(repo_id)` in exercise 5.")
    card = read_card(artifacts.path("pushed/README.md"))
    if not evidence.at_most("Places that wait to be filled in", placeholders(card), 2):
        evidence.mistake(
            "placeholder-card",
            "This is the template. Push your own card last: pushing a model without one leaves a placeholder.",
        )
    evidence.at_least("Headings", len(card.sections) - 1, 2)


@check(points=15, cell="exercise-2", needs=[test_card], hint="Complete `card_metadata` as its table says.")
def test_metadata(artifacts, hub, run, evidence):
    """The metadata of the card is valid, complete and true"""
    card = read_card(artifacts.path("pushed/README.md"))
    if card.errors or card.warnings:
        raise CheckFailure(f"The Hub does not take the metadata as it is: {(card.errors + card.warnings)[0]}.")
    rows = _metadata_rows(_metadata(card), run.parameters)
    share = sum(met for _, met, _, _, _ in rows) / len(rows)
    for label, met, found, required, hint in rows:
        if not evidence.holds(
            label, met, f"{label}: {found} found, {required} required.", measured=found, required=required, hint=hint
        ):
            evidence.partial(share)
    _name_metadata_mistake(_metadata(card), run.parameters, hub, evidence)


def _metadata(card):
    try:
        return card_data(card.text)
    except CardError as exc:
        raise CheckFailure(f"The metadata cannot be read: {exc}.") from exc


def _metadata_rows(data, parameters):
    """Label, whether it is met, what was found, what is required, and the next step."""
    wanted = {
        "Language": ("language", "en", "Name the language of the data."),
        "Library": ("library_name", "transformers", ""),
        "Task": ("pipeline_tag", "text-classification", ""),
        "Base model": ("base_model", parameters["base_model"], "Name what you started from: `base_model`."),
        "Data": ("datasets", parameters["dataset"], "Name what you trained on: `[dataset]`."),
    }
    licence = _shown(data, "license")
    spdx = licence in LICENCES
    rows = [("Licence", spdx, licence, "an SPDX id of the Hub", 'Such as `license="apache-2.0"`.')]
    for label, (key, value, hint) in wanted.items():
        rows.append((label, value in as_list(data.get(key)), _shown(data, key), value, hint))
    named = as_list(data.get("metrics"))
    rows.append(
        ("Metrics", all(name in named for name in REPORTED), _shown(data, "metrics"), "accuracy, f1 among them", "")
    )
    claims, others = indexed(data, parameters["dataset"], "test")
    there = sorted({claim.metric for claim in claims})
    found = ", ".join(there) or (f"results for {others[0]}" if others else "no results")
    asked = f"accuracy and f1 of {parameters['dataset']}, split test"
    hint = 'One `EvalResult` for each metric, with `dataset_split="test"`.'
    rows.append(("Results for the test split", all(name in there for name in REPORTED), found, asked, hint))
    return rows


def _shown(data, key) -> str:
    return ", ".join(as_list(data.get(key)))[:80] or "nothing"


def _name_metadata_mistake(data, parameters, hub, evidence):
    """Say which usual mistake the metadata shows."""
    bases = as_list(data.get("base_model"))
    licence = _shown(data, "license")
    _, others = indexed(data, parameters["dataset"], "test")
    if licence == "nothing":
        evidence.mistake("licence-missing", 'Without a licence nobody may use your model: `license="apache-2.0"`.')
    elif licence not in LICENCES:
        evidence.mistake("licence-unknown", "Use the SPDX id in small letters, as the Hub lists it: `apache-2.0`.")
    elif any(hub.repo(name) is None for name in bases):
        evidence.mistake("base-model-invented", "The Hub has no such model: take the id from `base_model`.")
    elif others:
        evidence.mistake("results-of-other-data", "Say which data set and split you measured on: those of exercise 1.")


@check(points=8, cell="exercise-3", needs=[test_card], hint="Write each section for somebody who knows nothing of it.")
def test_sections(artifacts, bases, run, evidence):
    """The card says in seven sections what a user must know"""
    card = read_card(artifacts.path("pushed/README.md"))
    readme = bases[run.parameters["base_model"]] / "README.md"
    judged = judge_topics(card, readme.read_text("utf-8") if readme.is_file() else "")
    share = sum(not topic.fault for topic in judged) / len(judged)
    for topic in judged:
        if not evidence.holds(
            topic.topic[0].upper() + topic.topic[1:],
            not topic.fault,
            f"The section on “{topic.topic}” is not there yet: {topic.fault}.",
            measured=topic.fault or f"{topic.words} different words",
            required=f"at least {LEAST_WORDS} words of your own",
        ):
            evidence.partial(share)
            evidence.mistake(topic.mistake, NEXT_STEPS[topic.mistake])


@check(points=5, cell="exercise-3", needs=[test_card], hint="Take the numbers from `procedure`, with an f-string.")
def test_procedure(artifacts, run, evidence):
    """The card states how the model was trained"""
    told = artifacts.fits_schema("training_args.json")
    expected = {name: run.parameters[name] for name in ("seed", "base_model", "dataset", "max_length", "batch_size")}
    for name, value in {"student_id": run.student_id, **expected}.items():
        evidence.equals(
            f"`{name}` of training_args.json", told[name], value, hint="Leave what `train` writes as it is."
        )
    sections = [section for name, section in assign(_card(artifacts)).items() if name in {"procedure", "data"}]
    if not sections:
        raise Missing("The card has no section on the training.", "Give it a heading such as “Training procedure”.")
    for name in PROCEDURE:
        true, found, words = told.number(name), stated(sections, name), name.replace("_", " ").capitalize()
        said = next(iter(found), None)
        if not evidence.holds(
            words,
            any(abs(value - true) <= 1e-9 * abs(true) for value in found),
            f"{words}: the card states {said:g}, training_args.json {true:g}."
            if said is not None
            else f"The card does not state “{words.lower()}”: {true:g}.",
            measured=true,
            claimed=said,
            required="as in training_args.json",
        ):
            evidence.mistake("procedure-untrue" if said is not None else "procedure-incomplete")


@check(
    points=15,
    cell="exercise-1",
    needs=["test_files", test_card],
    hint="Measure the pushed model on the whole test split, truncated to `max_length`.",
)
def test_metrics(artifacts, measured, run, evidence):
    """Every number of the card is the one we measure"""
    card, public = _card(artifacts), measured.public
    claims, others = indexed(_metadata(card), run.parameters["dataset"], "test")
    section = assign(card).get("evaluation")
    claims += tabled(section) if section else []
    evidence.plot("confusion", "Public test split, as we measure it", labels=["neg", "pos"], counts=public["confusion"])
    places = {
        "model-index": "One `EvalResult` for each metric: see exercise 2.",
        "table": "One row for each metric, such as `| accuracy | 0.9123 |`, in the section on the evaluation.",
    }
    for place, hint in places.items():
        named = {claim.metric for claim in claims if claim.where == place}
        evidence.holds(
            f"The {place} states the accuracy",
            "accuracy" in named,
            f"The {place} of the card states no accuracy on the test split.",
            measured=", ".join(sorted(named)) or "nothing",
            required="accuracy",
            hint=hint,
        )
    evidence.holds("Every result is of this data", not others, f"The card states results for {', '.join(others[:2])}.")
    tol = max(1 / public["n"], 0.0005) + 0.0005 if tolerance(measured, run) < 0.01 else 0.006
    met = [_compare(claim, public, tol, evidence) for claim in claims if claim.metric in public]
    raised = [isinstance(c.value, float) and c.value > public[c.metric] + tol for c in claims if c.metric in public]
    if met and not all(met) and all(up or fine for up, fine in zip(raised, met, strict=True)):
        evidence.mistake("metrics-raised", "The card promises more than the model does: print what you measured.")


def _compare(claim, public, tol, evidence) -> bool:
    return evidence.agrees(f"{claim.metric} ({claim.where})", claim.value, public[claim.metric], tol)


@check(
    points=5, cell="exercise-3", needs=["test_files", test_card], hint="Copy the block into a new notebook and run it."
)
def test_snippet(artifacts, hub, measured, probes, run, evidence):  # noqa: PLR0917  fixtures
    """The code of the card runs, and answers as the model does"""
    source, repo = _card(artifacts).python, repository(hub, run)
    if source is None:
        raise Missing("The card holds no block of code that is marked as python.", "Begin it with ```python.")
    if not evidence.holds(
        "It names your repository",
        repo.repo_id in _strings(source),
        f"The code does not load {repo.repo_id}.",
        required=repo.repo_id,
    ):
        evidence.mistake("snippet-wrong-id", "Put `repo_id` into the code, with an f-string.")
        return
    (call,) = probes.of("use_as_a_stranger")
    answers = answered(call, "followed").objects("value")
    rows, names = logits(artifacts, call.inputs["texts"])
    shares = probabilities(rows)
    tol = tolerance(measured, run)
    right = [_same(answer, share, names, tol) for answer, share in zip(answers, shares, strict=False)]
    evidence.equals(
        "Texts that it answers as the pushed weights do",
        sum(right),
        len(shares),
        hint="`classifier` takes a list of texts and gives label and score of each: a `pipeline` does.",
    )


def _strings(source) -> set[str]:
    """The texts in the code."""
    try:
        nodes = ast.walk(ast.parse(source))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as exc:
        raise CheckFailure("The code of the card is not valid Python.", "Copy it into a cell, and run it.") from exc
    return {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def _same(answer, share, names, tol) -> bool:
    """Whether label and score are those of the pushed weights; either label is right where both are equally likely."""
    label, score = answer.text("label"), answer.number("score")
    close = abs(float(share.max() - share.min())) < 2 * tol
    return (close or label == names[int(share.argmax())]) and abs(score - float(share.max())) <= tol


@check(points=4, bonus=True, cell="exercise-4", needs=["test_files", test_card], hint="Complete `widget_examples`.")
def test_widget(artifacts, measured, run, evidence):
    """The widget examples show true answers of the model"""
    found = _metadata(_card(artifacts)).get("widget")
    examples = [entry for entry in found if _is_example(entry)] if isinstance(found, list) else []
    if not evidence.at_least("Examples with a text and an output", len(examples), 3):
        return
    rows, names = logits(artifacts, [entry["text"] for entry in examples])
    shares = probabilities(rows)
    tol = tolerance(measured, run) + 0.005  # two digits are enough for a widget
    true = sum(_shows(entry["output"], share, names, tol) for entry, share in zip(examples, shares, strict=True))
    if not evidence.equals("Examples with the answer that the model gives", true, len(examples)):
        evidence.mistake("widget-untrue", "Take label and score from the model that you push.")
    evidence.equals("Labels that are shown", len({names[int(share.argmax())] for share in shares}), len(names))


def _is_example(entry) -> bool:
    if (
        not isinstance(entry, dict)
        or not isinstance(entry.get("text"), str)
        or not isinstance(entry.get("output"), list)
    ):
        return False
    return all(isinstance(part, dict) and isinstance(part.get("score"), int | float) for part in entry["output"])


def _shows(output, share, names, tol) -> bool:
    """Whether every label that is shown has its probability, the likeliest among them."""
    told = {str(part.get("label")): float(part["score"]) for part in output}
    true = dict(zip(names, map(float, share), strict=True))
    best = max(true, key=true.__getitem__)
    return best in told and all(name in true and abs(true[name] - score) <= tol for name, score in told.items())


def _card(artifacts):
    return read_card(artifacts.path("pushed/README.md"))
