"""The text datasets beside the film reviews: entities, questions, pairs, summaries, translations, preferences."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

import pyarrow as pa

from grader.hub.miniatures.dice import dice, pick
from grader.hub.miniatures.order import Figures, Order
from grader.hub.miniatures.tables import class_label, sequence, value, write_parquet
from grader.hub.miniatures.text.chat import exchanges
from grader.hub.miniatures.text.entities import TAGS, tagged
from grader.hub.miniatures.text.grammar import HARD, reviews
from grader.hub.miniatures.text.parallel import summaries, translations
from grader.hub.miniatures.text.questions import questions
from grader.hub.miniatures.text.topics import TOPICS, on_topics

ROWS = {"train": 2_000, "validation": 400, "test": 400}
TEXT, NUMBER = value("string"), value("int64")
Rows = list[dict[str, Any]]
MESSAGES = sequence({"content": TEXT, "role": TEXT})


@dataclass(frozen=True)
class Kind:
    """One kind of table: its features, and its rows from the name of a sequence and their number."""

    features: Mapping[str, Any]
    rows: Callable[[str, int], Rows]


def build(order: Order) -> Figures:
    """Write every split of every configuration.

    Args:
        order: parameters `configs` (configuration -> splits) and `kinds` (configuration -> a name of `KINDS`).

    Returns:
        `rows_<split>` over all configurations.
    """
    figures: Figures = {}
    configs: dict[str, list[str]] = order.parameters["configs"]
    for config, splits in configs.items():
        kind = KINDS[order.parameters["kinds"][config]]
        for split in splits:
            rows = kind.rows(f"mini-{order.parameters['kinds'][config]}/{split}", ROWS[split.partition("_")[0]])
            path = order.folder / config / f"{split}-00000-of-00001.parquet"
            write_parquet(pa.Table.from_pylist(rows), kind.features, path)
            figures[f"rows_{split}"] = figures.get(f"rows_{split}", 0.0) + len(rows)
    order.progress(1.0)
    return figures


def _entities(name: str, count: int) -> Rows:
    return [
        {"id": str(at), "tokens": list(one.tokens), "ner_tags": list(one.tags)}
        for at, one in enumerate(tagged(name, count))
    ]


def _questions(name: str, count: int) -> Rows:
    return [
        {
            "id": f"{at:06d}",
            "title": "A film",
            "context": one.context,
            "question": one.question,
            "answers": {"text": [one.answer], "answer_start": [one.start]},
        }
        for at, one in enumerate(questions(name, count))
    ]


def _sentiment(name: str, count: int) -> Rows:
    return [
        {"sentence": one.text, "label": one.label, "idx": at}
        for at, one in enumerate(islice(reviews(name, HARD), count))
    ]


def _entailment(name: str, count: int) -> Rows:
    """0 entailment, 1 neutral, 2 contradiction, as GLUE numbers them."""
    rng = dice(name + "/claims")
    rows: Rows = []
    for at, one in enumerate(on_topics(name, count)):
        label = pick(rng, (0, 1, 2))
        about = one.topic if label == 0 else pick(rng, [topic for topic in TOPICS if topic != one.topic])
        claim = "The film was long." if label == 1 else f"This example is about {about}."
        rows.append({"premise": one.text, "hypothesis": claim, "label": label, "idx": at})
    return rows


def _summaries(name: str, count: int) -> Rows:
    return [
        {"article": one.source, "highlights": one.target, "id": f"{at:06d}"}
        for at, one in enumerate(summaries(name, count))
    ]


def _translations(name: str, count: int) -> Rows:
    return [{"translation": {"de": one.target, "en": one.source}} for one in translations(name, count)]


def _preferences(name: str, count: int) -> Rows:
    def talk(question: str, answer: str) -> list[dict[str, str]]:
        return [{"content": question, "role": "user"}, {"content": answer, "role": "assistant"}]

    return [
        {
            "chosen": talk(one.question, one.answer),
            "rejected": talk(one.question, one.worse),
            "score_chosen": 9.0,
            "score_rejected": 2.0,
        }
        for one in exchanges(name, count)
    ]


KINDS: Mapping[str, Kind] = {
    "conll": Kind({"id": TEXT, "tokens": sequence(TEXT), "ner_tags": sequence(class_label(TAGS))}, _entities),
    "squad": Kind(
        {
            "id": TEXT,
            "title": TEXT,
            "context": TEXT,
            "question": TEXT,
            "answers": {"text": sequence(TEXT), "answer_start": sequence(NUMBER)},
        },
        _questions,
    ),
    "sst2": Kind({"sentence": TEXT, "label": class_label(("negative", "positive")), "idx": NUMBER}, _sentiment),
    "mnli": Kind(
        {
            "premise": TEXT,
            "hypothesis": TEXT,
            "label": class_label(("entailment", "neutral", "contradiction")),
            "idx": NUMBER,
        },
        _entailment,
    ),
    "cnn": Kind({"article": TEXT, "highlights": TEXT, "id": TEXT}, _summaries),
    "wmt": Kind({"translation": {"de": TEXT, "en": TEXT}}, _translations),
    "preferences": Kind(
        {
            "chosen": MESSAGES,
            "rejected": MESSAGES,
            "score_chosen": value("float64"),
            "score_rejected": value("float64"),
        },
        _preferences,
    ),
}
