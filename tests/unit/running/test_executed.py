"""executed.ipynb: the student's cells, with outputs that were looked at one by one."""

import json
import os
from pathlib import Path

import nbformat
import pytest

from grader.errors import InternalFault
from grader.model.run import CellRun
from grader.model.submission import INJECTED
from grader.running.executed import settle_executed
from tests.fakes.course import a_lab, a_run
from tests.fakes.notebooks import as_bytes, code, markdown, notebook, parameters

RUNS = (CellRun(1, "params", "", "ok", 0.1), CellRun(2, "work", "print(1)", "ok", 0.2))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "submission.ipynb").write_bytes(
        as_bytes(notebook(markdown("# Title"), parameters(), code("print(1)", "work", ["exercise-1"])))
    )
    return tmp_path


def settled(folder: Path, claimed: object = None):
    if claimed is not None:
        data = claimed if isinstance(claimed, bytes) else json.dumps(claimed).encode()
        (folder / "claimed.ipynb").write_bytes(data)
    result = a_run(a_lab(folder), cells=RUNS, parameters={"rows": 10, "name": "a\nb"})
    settle_executed(folder / "submission.ipynb", folder / "claimed.ipynb", folder / "executed.ipynb", result)
    made = json.loads((folder / "executed.ipynb").read_text())
    nbformat.validate(made)
    return made["cells"]


def claim(outputs: object, **changes: object) -> dict:
    return {"cells": [{"id": "work", "source": "forged()", "outputs": outputs, "execution_count": 3} | changes]}


def test_sources_come_from_the_submission_and_outputs_from_the_worker(folder):
    text, first, injected, work = settled(folder, claim([{"output_type": "stream", "name": "stdout", "text": "1\n"}]))
    assert text["source"] == "# Title"
    assert work["source"] == "print(1)"
    assert work["outputs"] == [{"output_type": "stream", "name": "stdout", "text": "1\n"}]
    assert work["execution_count"] == 3
    assert work["metadata"] == {"tags": ["exercise-1"], "papermill": {"status": "ok", "duration": 0.2}}
    assert first["outputs"] == []
    assert injected["metadata"]["tags"] == [INJECTED]
    assert injected["source"] == "# Parameters\nrows = 10\nname = 'a\\nb'"


def test_every_kind_of_output_is_rebuilt_with_what_belongs_to_it(folder):
    outputs = [
        {"output_type": "error", "ename": "E", "evalue": "v", "traceback": ["a", "b"], "extra": "x"},
        {"output_type": "error", "ename": None, "evalue": 3, "traceback": "no list"},
        {
            "output_type": "display_data",
            "data": {"text/plain": ["a\n", "b", 3], "image/png": "aGk="},
            "metadata": {"x": 1},
        },
        {"output_type": "execute_result", "data": {"application/json": {"a": [1]}, "text/html": 5}},
    ]
    assert settled(folder, claim(outputs))[3]["outputs"] == [
        {"output_type": "error", "ename": "E", "evalue": "v", "traceback": ["a", "b"]},
        {"output_type": "error", "ename": "", "evalue": "", "traceback": []},
        {"output_type": "display_data", "data": {"text/plain": "a\nb", "image/png": "aGk="}, "metadata": {}},
        {
            "output_type": "execute_result",
            "data": {"application/json": {"a": [1]}, "text/html": ""},
            "metadata": {},
            "execution_count": None,
        },
    ]


@pytest.mark.parametrize(
    "outputs",
    [
        None,
        "text",
        [1, None, []],
        [{"output_type": "stream", "name": "other", "text": "x"}],
        [{"output_type": "widget"}, {}],
        [{"output_type": "display_data", "data": "x"}],
    ],
)
def test_what_is_no_output_is_dropped(folder, outputs):
    assert settled(folder, claim(outputs))[3]["outputs"] == []


@pytest.mark.parametrize("count", [True, -1, 0, "3", 10**9, None])
def test_a_count_that_is_none_is_dropped(folder, count):
    assert settled(folder, claim([], execution_count=count))[3]["execution_count"] is None


@pytest.mark.parametrize(
    "claimed",
    [None, b"", b"{", b"[]", b"\xff", b"[" * 200_000, {"cells": "x"}, {"cells": [1, {"id": 5}]}, {}],
)
def test_a_notebook_that_is_missing_or_forged_leaves_the_students_own(folder, claimed):
    cells = settled(folder, claimed)
    assert [cell["source"] for cell in cells][3] == "print(1)"
    assert cells[3]["outputs"] == []


def test_links_pipes_and_giants_are_not_read(folder, monkeypatch):
    secret = folder / "secret"
    secret.write_text(json.dumps(claim([{"output_type": "stream", "name": "stdout", "text": "secret"}])))
    (folder / "claimed.ipynb").symlink_to(secret)
    assert settled(folder)[3]["outputs"] == []
    (folder / "claimed.ipynb").unlink()
    os.mkfifo(folder / "claimed.ipynb")
    assert settled(folder)[3]["outputs"] == []
    (folder / "claimed.ipynb").unlink()
    secret.rename(folder / "claimed.ipynb")
    monkeypatch.setattr("grader.running.executed._MOST_BYTES", 10)
    assert settled(folder)[3]["outputs"] == []


def test_a_lone_surrogate_in_an_output_does_not_stop_the_page(folder):
    outputs = [{"output_type": "stream", "name": "stdout", "text": "\ud800"}]
    assert settled(folder, claim(outputs))[3]["outputs"][0]["text"] == "?"


def test_a_full_disk_is_our_fault(folder, monkeypatch):
    def full(*_arguments: object, **_keywords: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(InternalFault) as caught:
        settled(folder)
    assert caught.value.code == "GR507"
