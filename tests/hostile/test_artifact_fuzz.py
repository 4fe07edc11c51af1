"""Whatever a student's files and lines hold: a value, or a refusal with a code; never another exception."""

import json
import struct
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from grader.artifacts.json_file import parse_json, read_json_file
from grader.artifacts.notebook_file import read_executed_cells
from grader.artifacts.safetensors_file import read_safetensors_header
from grader.artifacts.tables import Table, read_table
from grader.checking.runner import assemble
from grader.errors import SubmissionFault
from grader.model.verdict import DeclaredCheck, VerdictStatus
from grader.probing.record import make_record
from grader.running.events import EventReader
from grader.running.journal import Journal
from tests.fakes.probed import planned

texts = st.text(st.characters(codec="utf-8"), max_size=12)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=10,
)


def written(value) -> bytes:
    return json.dumps(value).encode()


def taken(read, content: bytes, name: str):
    """Read content from a file; a refusal must be fit to be shown."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, name).write_bytes(content)
        fault = None
        try:
            return read(Path(folder), name)
        except SubmissionFault as refused:
            fault = refused
    assert fault.code in {"GR313", "GR314", "GR315", "GR316", "GR317"}
    assert fault.message.isprintable()
    assert len(fault.message) < 1000
    return None


def bent(content: bytes, place: int, new: bytes) -> bytes:
    at = place % (len(content) + 1)
    return content[:at] + new + content[at + len(new) :]


edits = st.tuples(st.integers(0, 1000), st.binary(max_size=6))


@settings(deadline=None)
@given(values | st.none(), edits)
def test_json_is_read_or_refused(value, edit):
    content = bent(written(value), *edit)
    found = taken(read_json_file, content, "a.json")
    if found is not None:
        assert found == parse_json(content, "a.json")


entries = st.fixed_dictionaries(
    {},
    optional={
        "dtype": st.sampled_from(["F32", "BOOL", "F8_E5M2", "x"]) | values,
        "shape": st.lists(st.integers(-2, 2**70), max_size=3) | values,
        "data_offsets": st.lists(st.integers(-4, 40), min_size=2, max_size=2) | values,
    },
)


@settings(deadline=None)
@given(st.dictionaries(texts | st.just("__metadata__"), entries | values, max_size=3), st.binary(max_size=16), edits)
def test_weights_never_declare_more_than_they_hold(header, data, edit):
    text = written(header)
    content = bent(struct.pack("<Q", len(text)) + text + data, *edit)
    found = taken(read_safetensors_header, content, "a.safetensors")
    if found is not None:
        assert sum(tensor.size_bytes for tensor in found.tensors.values()) <= len(content)


@settings(deadline=None)
@given(st.lists(st.lists(texts | st.floats().map(str), max_size=3), max_size=4), edits)
def test_tables_are_read_or_refused(rows, edit):
    content = bent("\n".join(",".join(row) for row in [["a", "b"], *rows]).encode(), *edit)
    table = taken(read_table, content, "a.csv")
    if table is not None:
        assert isinstance(table, Table)
        taken(lambda *_: table.integers("a"), b"", "unused")
        taken(lambda *_: table.texts("b"), b"", "unused")


cells = st.lists(st.dictionaries(st.sampled_from(["id", "source", "outputs", "cell_type"]) | texts, values) | values)


@settings(deadline=None)
@given(st.fixed_dictionaries({"cells": cells | values}) | values)
def test_executed_notebooks_are_read_or_refused(document):
    taken(read_executed_cells, written(document), "executed.ipynb")


lines = st.lists(
    st.binary(max_size=30)
    | values.map(written)
    | st.dictionaries(
        st.sampled_from(["kind", "cell", "seconds", "values", "probe", "call", "output", "error", "check", "status"]),
        st.sampled_from(["cell started", "cell ended", "finished", "observed", "broke", 0, 1]) | values,
    ).map(written),
    max_size=8,
).map(b"\n".join)


@settings(deadline=None)
@given(lines)
def test_what_the_worker_says_is_an_event_or_nothing(content):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "events.jsonl")
        reader = EventReader(path)
        path.write_bytes(content + b"\n")
        journal = Journal(())
        journal.take(reader.read())
        assert journal.cell_runs() == ()
        reader.keep(Path(folder, "kept"))


@settings(deadline=None)
@given(lines)
def test_what_functions_answer_is_an_answer_or_a_reason(content):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "probes.jsonl")
        path.write_bytes(content)
        (call,) = make_record("nonce", planned(("f", {"x": 1})), path).probes[0].calls
        assert call.error is not None or call.output is not None or b'"output": null' in content


CHECK = DeclaredCheck(id="test_a", title="A", points=1, module="test_lab.py")


@settings(deadline=None)
@given(lines)
def test_no_line_of_noise_is_a_verdict_that_passes(content):
    (verdict,) = assemble((CHECK,), content, "why")
    assert verdict.status is VerdictStatus.OUR_FAULT
