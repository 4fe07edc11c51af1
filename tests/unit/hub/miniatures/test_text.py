import re
from itertools import islice

import pytest

from grader.hub.miniatures.text import words
from grader.hub.miniatures.text.chat import exchanges
from grader.hub.miniatures.text.entities import TAGS, tagged
from grader.hub.miniatures.text.grammar import EASY, HARD, Review, Style, reviews
from grader.hub.miniatures.text.parallel import summaries, translations
from grader.hub.miniatures.text.pretraining import readings
from grader.hub.miniatures.text.questions import questions
from grader.hub.miniatures.text.topics import TOPICS, on_topics
from grader.hub.miniatures.text.vocabulary import SPECIAL, vocabulary

ADJECTIVE = re.compile(r"[a-z]+$")


def polarity(clause: str) -> int:
    """Read a clause as a person would: its last word, turned by a negator."""
    adjective = ADJECTIVE.search(clause.lower()).group()
    negated = any(f" {negator} " in clause for negator in words.NEGATORS)
    return int((adjective in words.GOOD) != negated)


def main_clause(sentence: str) -> str:
    if ", even though " in sentence:
        return sentence.split(", even though ", maxsplit=1)[0]
    if ", but " in sentence:
        return sentence.split(", but ")[1]
    return sentence.split(", ")[1] if sentence.startswith("Although ") else sentence


def sentences(review: Review) -> list[str]:
    found = review.text.rstrip(".").split(". ")
    return [one for one in found if any(f" {link} " in one for link in words.LINKS) and "It was shot" not in one]


def taken(name: str, count: int, style: Style = HARD) -> list[Review]:
    return list(islice(reviews(name, style), count))


def test_no_adjective_is_both_good_and_bad():
    assert len({*words.GOOD, *words.BAD}) == len(words.GOOD) + len(words.BAD) == 240


def test_the_same_name_gives_the_same_reviews():
    assert taken("one", 20) == taken("one", 20)
    assert taken("one", 20) != taken("two", 20)


def test_the_label_is_the_majority_of_the_main_clauses():
    for review in taken("labels", 500):
        told = [polarity(main_clause(sentence)) for sentence in sentences(review)]
        assert review.label == int(sum(told) * 2 > len(told)), review.text


def test_the_slices_say_what_the_text_holds():
    for review in taken("slices", 500):
        assert review.negated == any(f" {negator} " in review.text for negator in words.NEGATORS)
        assert review.concessive == any(mark in review.text for mark in ("lthough", ", but ", "even though"))
        told = {polarity(main_clause(sentence)) for sentence in sentences(review)}
        assert review.dissenting == (len(told) == 2)


def test_labels_are_balanced_and_constructions_as_frequent_as_asked():
    rows = taken("shares", 4_000)
    assert sum(row.label for row in rows) / len(rows) == pytest.approx(0.5, abs=0.03)
    assert sum(row.dissenting for row in rows) / len(rows) == pytest.approx(0.25 * HARD.dissenting, abs=0.015)
    assert max(row.words for row in rows) < 60


def test_easy_reviews_neither_concede_nor_dissent():
    rows = taken("easy", 500, EASY)
    assert not any(row.concessive or row.dissenting for row in rows)
    assert 0 < sum(row.negated for row in rows) < 50


def test_the_verdict_names_the_polarity_of_the_review():
    for reading in readings("verdicts", 100):
        assert reading.key in reading.text.split(". ")[-1]
    loved = {reading.label for reading in readings("verdicts", 300) if reading.key == "loved"}
    assert loved == {1}


def test_the_vocabulary_holds_every_adjective_whole_and_spells_the_rest():
    entries = vocabulary()
    assert len(entries) < 3_000
    assert list(entries.values()) == list(range(len(entries)))
    assert list(entries)[:5] == list(SPECIAL)
    assert {*words.GOOD, *words.BAD, "loved", "hated"} <= set(entries)
    assert {"q", "##q", "7", "##7"} <= set(entries)


def test_tags_mark_whole_names():
    for one in tagged("tags", 100):
        assert len(one.tokens) == len(one.tags)
        for before, tag in zip((0, *one.tags), one.tags, strict=False):
            if TAGS[tag].startswith("I-"):
                assert TAGS[before][2:] == TAGS[tag][2:]


def test_an_answer_stands_once_in_its_text():
    for one in questions("questions", 100):
        assert one.context[one.start :].startswith(one.answer)
        assert one.context.count(one.answer) == 1


def test_a_sentence_on_a_topic_uses_its_words():
    for one in on_topics("topics", 50):
        assert sum(word in one.text for word in TOPICS[one.topic]) >= 1


def test_translations_keep_negation_and_summaries_keep_polarity():
    for pair in translations("pairs", 100):
        assert ("not " in pair.source) == ("nicht " in pair.target)
    for pair in summaries("pairs", 100):
        for clause, short in zip(pair.source.split(" ."), pair.target.split(" , "), strict=False):
            assert short == f"{'good' if polarity(clause) else 'bad'} {clause.split()[1]}"


def test_the_better_answer_is_about_the_question():
    for one in exchanges("chat", 100):
        assert one.answer != one.worse
        assert len(one.answer) > len(one.worse)
