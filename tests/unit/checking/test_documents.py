"""Values of a student's JSON file, and the sentences for those that are not as they should be."""

import pytest

from grader.checking.documents import JsonObject
from grader.checking.outcome import CheckFailure, Missing

DATA = {
    "accuracy": 0.5,
    "n": 40.0,
    "steps": 3,
    "name": "ada",
    "flag": True,
    "nothing": None,
    "nan": float("nan"),
    "inf": float("inf"),
    "large": 10**400,
    "long": 2**70,
    "full": {"loss": [1, 2.5]},
    "rows": [{"step": 1}, {"step": 2}],
    "mixed": [1, "2"],
}


@pytest.fixture
def document() -> JsonObject:
    return JsonObject(DATA, "metrics.json")


def test_values_are_read_by_kind(document: JsonObject) -> None:
    assert document.number("accuracy", 0, 1) == 0.5
    assert document.integer("n") == 40
    assert document.text("name") == "ada"
    assert document.nested("full").numbers("loss") == [1, 2.5]
    assert [row.integer("step") for row in document.objects("rows")] == [1, 2]
    assert document.number("long") == float(2**70)
    assert document["flag"] is True


def test_it_is_a_mapping(document: JsonObject) -> None:
    assert "n" in document
    assert "loss" not in document
    assert document.get("loss") is None
    assert document.get("loss", 3) == 3
    assert document.get("n") == 40.0
    assert list(document) == list(DATA)
    assert len(document) == len(DATA)
    assert document.plain() == DATA


@pytest.mark.parametrize(
    ("read", "told"),
    [
        (lambda d: d["loss"], "metrics.json has no `loss`. It has: `accuracy`, `n`"),
        (lambda d: d.nested("full")["f1"], "metrics.json → full has no `f1`. It has: `loss`."),
        (lambda d: d["rows"][1]["loss"], "metrics.json → rows[1] has no `loss`"),
    ],
)
def test_a_missing_key_says_where(document: JsonObject, read, told: str) -> None:
    with pytest.raises(Missing) as caught:
        read(document)

    assert told in caught.value.message


@pytest.mark.parametrize(
    ("read", "told"),
    [
        (lambda d: d.number("name"), "`name` is text ('ada'); a number is needed."),
        (lambda d: d.number("flag"), "`flag` is true or false; a number is needed."),
        (lambda d: d.number("nothing"), "`nothing` is null; a number is needed."),
        (lambda d: d.number("full"), "`full` is an object; a number is needed."),
        (lambda d: d.number("rows"), "`rows` is a list; a number is needed."),
        (lambda d: d.number("nan"), "`nan` is NaN; a finite number is needed."),
        (lambda d: d.number("inf"), "`inf` is infinite; a finite number is needed."),
        (lambda d: d.number("large"), "`large` is infinite; a finite number is needed."),
        (lambda d: d.number("steps", 0, 1), "`steps` is 3, which is outside 0 to 1."),
        (lambda d: d.integer("accuracy"), "`accuracy` is 0.5; a whole number is needed."),
        (lambda d: d.text("n"), "`n` is a number; a text is needed."),
        (lambda d: d.nested("n"), "`n` is a number; an object"),
        (lambda d: d.entries("n"), "`n` is a number; a list is needed."),
        (lambda d: d.numbers("mixed"), "entry 2 of `mixed` is text ('2'); a number is needed."),
        (lambda d: d.objects("mixed"), "entry 1 of `mixed` is a number; an object"),
    ],
)
def test_an_unsuitable_value_has_its_sentence(document: JsonObject, read, told: str) -> None:
    with pytest.raises(CheckFailure) as caught:
        read(document)

    assert told in caught.value.message
