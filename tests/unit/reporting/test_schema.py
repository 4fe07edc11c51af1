import copy
import json

import jsonschema
import msgspec
import pytest

from grader.model.grade import Grade
from grader.reporting.public import public_grade
from grader.reporting.schema import SCHEMA_FILE, grade_schema, schema_text
from tests.fakes import grades

SCHEMA = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
KINDS = (grades.failing, grades.perfect, grades.lora, grades.stopped, grades.never_started, grades.empty)


def data_of(grade):
    return json.loads(msgspec.json.encode(grade))


def test_the_published_schema_is_the_one_of_the_dataclasses():
    assert SCHEMA_FILE.read_text(encoding="utf-8") == schema_text()


def test_the_schema_is_a_valid_schema():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("make", KINDS)
def test_every_grade_fits_the_schema_in_full_and_in_public(make):
    jsonschema.validate(data_of(make()), SCHEMA)
    jsonschema.validate(data_of(public_grade(make())), SCHEMA)


@pytest.mark.parametrize("make", KINDS)
def test_what_fits_the_schema_is_read_back_as_the_same_grade(make):
    assert msgspec.json.decode(msgspec.json.encode(make()), type=Grade) == make()


@pytest.mark.parametrize(
    ("where", "value"),
    [
        (("score",), "9"),
        (("schema",), "grader.grade/2"),
        (("verdicts", 0, "status"), "won"),
        (("verdicts", 0, "check", "reveal"), "some"),
        (("run", "status"), "fine"),
        (("verdicts", 0, "fraction"), "all"),
        (("manifest", "files", 0, "size_bytes"), 1.5),
    ],
)
def test_a_wrong_value_does_not_fit(where, value):
    data = copy.deepcopy(data_of(grades.failing()))
    inner = data
    for key in where[:-1]:
        inner = inner[key]
    inner[where[-1]] = value

    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(data, SCHEMA)


@pytest.mark.parametrize("key", ["score", "possible", "verdicts", "run", "schema"])
def test_a_missing_part_does_not_fit(key):
    data = data_of(grades.failing())
    del data[key]

    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(data, SCHEMA)


def test_fields_are_described_in_the_words_of_the_dataclasses():
    properties = grade_schema()["properties"]

    assert properties["bonus"]["description"] == "Points of `score` that are bonus."
