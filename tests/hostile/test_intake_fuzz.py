"""Whatever bytes are handed in: accepted, or refused with a code; never another exception."""

import copy
import json

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from grader.errors import SubmissionFault
from grader.intake import inspect_notebook
from tests.fakes.labs import make_lab
from tests.fakes.notebooks import as_bytes, code, notebook, parameters

LABS = (make_lab(),)
GOOD = as_bytes(notebook())

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
cell_keys = st.sampled_from(["cell_type", "id", "metadata", "source", "outputs", "execution_count", "tags", "extra"])
cells = st.fixed_dictionaries(
    {"cell_type": st.sampled_from(["code", "markdown", "raw"]) | values},
    optional={
        "id": st.sampled_from(["a", "b", "params"]) | values,
        "metadata": st.fixed_dictionaries({"tags": st.lists(st.sampled_from(["parameters", "x"]))}) | values,
        "source": st.sampled_from(["x = 1", "", "seed = 3"]) | values,
        "outputs": st.just([]) | values,
        "execution_count": st.none() | values,
    },
)
notebooks = st.fixed_dictionaries(
    {"cells": st.lists(cells | values, max_size=5) | values},
    optional={
        "metadata": st.just({"grader": {"lab": "2.5.4"}}) | values,
        "nbformat": st.just(4) | st.integers(-1, 6) | values,
        "nbformat_minor": st.integers(0, 5) | values,
        "worksheets": values,
    },
)


def judge(content):
    """Accept or refuse; a refusal must be fit to be shown."""
    accepted, fault = None, None
    try:
        accepted = inspect_notebook(content, "lab.ipynb", LABS)
    except SubmissionFault as refused:
        fault = refused
    if accepted is None:
        assert fault.code.startswith("GR3")
        assert fault.hint
        assert len(fault.message) < 2000
        assert fault.message.isprintable()
        assert fault.message.encode("utf-8")
        return None
    assert json.loads(accepted.runnable)["nbformat"] == 4
    ids = [cell.id for cell in accepted.submission.cells]
    assert len(set(ids)) == len(ids)
    return accepted


def test_the_notebook_that_is_mutated_here_is_accepted():
    assert judge(GOOD) is not None


@given(st.binary(max_size=500))
@example(b"\xff\xfe")
@example(b"\xef\xbb\xbf")
@example(b"-")
@example(b"[" * 100_000)
@example(b'{"a":' * 100_000)
@example(b"1" * 10_000)
@example(b"1e999999999")
def test_any_bytes_are_judged(content):
    assert judge(content) is None


@given(values)
def test_any_json_is_judged(value):
    judge(json.dumps(value).encode())


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(notebooks)
def test_anything_like_a_notebook_is_judged(value):
    judge(json.dumps(value).encode())


@given(st.integers(0, len(GOOD) - 1), st.binary(max_size=6), st.integers(0, 6))
def test_a_good_notebook_with_a_few_bytes_changed_is_judged(position, inserted, dropped):
    judge(GOOD[:position] + inserted + GOOD[position + dropped :])


@given(st.sampled_from(["metadata", "nbformat", "nbformat_minor", "cells"]), values)
def test_a_good_notebook_with_one_part_replaced_is_judged(key, value):
    judge(as_bytes(notebook() | {key: value}))


@given(st.integers(0, 1), cell_keys, values)
def test_a_good_notebook_with_one_part_of_a_cell_replaced_is_judged(index, key, value):
    document = copy.deepcopy(notebook())
    document["cells"][index][key] = value

    judge(as_bytes(document))


@given(st.text(), st.text())
def test_any_code_in_any_cell_is_judged(first, second):
    judge(as_bytes(notebook(parameters(first), code(second, "work"))))
    judge(as_bytes(notebook(parameters(), code(second, "work"))))


def test_a_parameters_cell_of_thousands_of_names_gives_a_short_message():
    source = "\n".join(f"parameter_number_{n} = f()" for n in range(2000))

    assert judge(as_bytes(notebook(parameters(source), code("1", "work")))) is None


@pytest.mark.parametrize("source", ["-" * 100_000 + "1", "(" * 100_000, "lambda:" * 50_000 + "1", "a" + ".b" * 100_000])
def test_code_that_is_nested_too_deeply_is_judged_without_a_crash(source):
    assert judge(as_bytes(notebook(parameters(), code(source, "work")))) is not None
    assert judge(as_bytes(notebook(parameters(f"seed = {source}"), code("1", "work")))) is None


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(as_bytes(notebook(cells=[{}] * 300_000)), id="cells"),
        pytest.param(as_bytes(notebook(code("1", outputs=[[]] * 300_000))), id="invalid outputs"),
        pytest.param(as_bytes(notebook(parameters("a=1;" * 16_000), code("1", "work"))), id="assignments"),
        pytest.param(as_bytes(notebook(metadata={"grader": {"lab": "x" * 2_000_000}})), id="name of a lab"),
        pytest.param(as_bytes(notebook(metadata={"kernelspec": {"name": "\u202e" * 10**6}})), id="kernel"),
    ],
)
def test_a_great_many_of_anything_is_refused_in_few_words(content):
    assert judge(content) is None


@pytest.mark.parametrize("source", ["\n" * 900_000, " " * 900_000, "!pip " + "x " * 400_000, "x=1\n" * 60_000])
def test_a_cell_of_a_megabyte_takes_no_more_than_linear_time(source):
    assert judge(as_bytes(notebook(parameters(), code("1", "work"), code(source, "long")))) is not None


def test_a_name_of_megabytes_is_cut():
    document = notebook(metadata={"grader": {"lab": "2.5.4", "student": "\ufdfa" * 10**6}})

    assert len(judge(as_bytes(document)).submission.student_id) <= 64
