import hashlib
import json
from datetime import datetime
from pathlib import Path

import nbformat
import pytest

from grader.errors import InternalFault, SubmissionFault, UsageFault
from grader.intake import inspect_notebook, read_submission
from grader.model.files import read_json
from grader.model.submission import Submission
from tests.fakes.labs import make_lab
from tests.fakes.notebooks import as_bytes, code, markdown, notebook, parameters

LABS = (make_lab("2.5.4"), make_lab("2.5.5", parameters=(*make_lab().parameters, "rank")))
ASSETS = Path(__file__).parents[2] / "assets/notebooks"


@pytest.fixture
def hand_in(tmp_path):
    """Write a notebook, read it into a run folder; returns the submission and the folder."""
    folder = tmp_path / "run"
    folder.mkdir()

    def act(document, name="lab.ipynb", **options):
        path = tmp_path / name
        path.write_bytes(document if isinstance(document, bytes) else as_bytes(document))
        return read_submission(path, LABS, destination=folder, **options), folder

    return act


def refusal(document, name="lab.ipynb", **options):
    with pytest.raises(SubmissionFault) as caught:
        inspect_notebook(as_bytes(document), name, LABS, **options)
    return caught.value


def test_a_good_notebook_becomes_a_submission(hand_in):
    content = as_bytes(notebook())

    submission, _ = hand_in(content, student_id="ada")

    assert submission.lab_id == "2.5.4"
    assert submission.student_id == "ada"
    assert submission.file_name == "lab.ipynb"
    assert submission.sha256 == hashlib.sha256(content).hexdigest()
    assert submission.size_bytes == len(content)
    assert [cell.number for cell in submission.cells] == [1, 2]
    assert submission.parameters == LABS[0].parameters
    assert datetime.fromisoformat(submission.received).tzinfo is not None
    assert submission.notices == ()


def test_the_run_folder_gets_the_bytes_and_the_submission(hand_in):
    content = as_bytes(notebook())

    submission, folder = hand_in(content)

    assert (folder / "submission.ipynb").read_bytes() == content
    assert read_json(folder / "submission.json", Submission) == submission
    assert sorted(path.name for path in folder.iterdir()) == ["submission.ipynb", "submission.json"]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(as_bytes(notebook(parameters(), code("a", "x"), code("b", "x"))), id="repeated id"),
        pytest.param(b"\xef\xbb\xbf" + as_bytes(notebook()), id="byte-order mark"),
        pytest.param(as_bytes(notebook(nbformat_minor=2)), id="older format"),
    ],
)
def test_where_something_was_repaired_both_versions_are_kept(hand_in, content):
    submission, folder = hand_in(content)

    assert (folder / "submission.original.ipynb").read_bytes() == content
    assert submission.sha256 == hashlib.sha256(content).hexdigest()
    ids = [cell.id for cell in nbformat.read(folder / "submission.ipynb", as_version=4).cells]
    assert ids == [cell.id for cell in submission.cells]


def test_a_refused_notebook_leaves_nothing_behind(hand_in, tmp_path):
    with pytest.raises(SubmissionFault):
        hand_in(b"{")

    assert list((tmp_path / "run").iterdir()) == []


def test_a_folder_that_cannot_be_written_is_our_fault(tmp_path):
    path = tmp_path / "lab.ipynb"
    path.write_bytes(as_bytes(notebook()))

    with pytest.raises(InternalFault) as caught:
        read_submission(path, LABS, destination=tmp_path / "nowhere")

    assert caught.value.code == "GR507"


def test_a_lab_that_the_caller_made_up_is_a_usage_fault_with_near_names(hand_in):
    with pytest.raises(UsageFault) as caught:
        hand_in(notebook(), lab_id="2.5.6")

    assert caught.value.code == "GR101"
    assert "Did you mean 2.5" in caught.value.hint


def test_a_lab_that_the_caller_names_is_taken(hand_in):
    submission, _ = hand_in(notebook(), lab_id="2.5.4")

    assert submission.lab_id == "2.5.4"


def test_a_lab_like_no_other_gets_no_suggestion(hand_in):
    with pytest.raises(UsageFault) as caught:
        hand_in(notebook(), lab_id="xyz")

    assert caught.value.hint == "List the labs with `grader labs`."


def test_a_notebook_of_another_lab_than_the_named_one_is_refused():
    fault = refusal(notebook(), lab=LABS[1])

    assert fault.code == "GR318"
    assert "belongs to lab 2.5.4, not to lab 2.5.5" in fault.message


def test_a_notebook_of_a_lab_that_is_not_here_is_refused():
    fault = refusal(notebook(lab="2.5.9"))

    assert fault.code == "GR318"
    assert "2.5.9, which is not here" in fault.message
    assert "Did you mean" in fault.hint


def test_a_notebook_that_names_no_lab_is_known_by_its_file_name():
    for name in ("lab-2.5.4-example.ipynb", "lab-2.5.4-example (1).ipynb", "lab-2.5.4-example-Copy2.ipynb"):
        accepted = inspect_notebook(as_bytes(notebook(lab=None)), name, LABS)

        assert accepted.lab is LABS[0]


@pytest.mark.parametrize("metadata", [{}, {"grader": 3}, {"grader": {"lab": ["2.5.4"]}}, {"grader": {"lab": ""}}])
def test_a_notebook_of_no_known_lab_is_refused(metadata):
    fault = refusal(notebook(lab=None, metadata=metadata))

    assert fault.code == "GR318"
    assert "--lab" in fault.hint


def test_a_notebook_that_names_no_lab_is_taken_for_the_named_one():
    accepted = inspect_notebook(as_bytes(notebook(lab=None)), "lab.ipynb", LABS, lab=LABS[0])

    assert accepted.lab is LABS[0]


def test_another_version_of_the_lab_is_a_notice():
    document = notebook(metadata={"grader": {"lab": "2.5.4", "version": "0.9.0"}})

    (notice,) = inspect_notebook(as_bytes(document), "lab.ipynb", LABS).submission.notices

    assert notice.code == "GR321"
    assert "version 0.9.0" in notice.message


@pytest.mark.parametrize(
    ("document", "says"),
    [
        pytest.param(notebook(cells=[]), "holds no code.", id="no cells"),
        pytest.param(notebook(markdown("# Title")), "holds no code.", id="only text"),
        pytest.param(notebook(code("# later"), code("  ")), "holds no code beside", id="only comments"),
        pytest.param(notebook(parameters()), "beside its parameters cell", id="only parameters"),
    ],
)
def test_a_notebook_without_code_is_refused(document, says):
    fault = refusal(document)

    assert fault.code == "GR309"
    assert says in fault.message


def test_the_size_limit_of_the_lab_counts_once_the_lab_is_known(tmp_path):
    small = make_lab("2.5.4", notebook_bytes=100)
    path = tmp_path / "lab.ipynb"
    path.write_bytes(as_bytes(notebook()))

    for labs in ((small,), (small, LABS[1])):  # refused before it is parsed, and after
        with pytest.raises(SubmissionFault) as caught:
            read_submission(path, labs, destination=tmp_path)
        assert caught.value.code == "GR308"


def test_a_course_without_labs_still_has_a_size_limit(tmp_path):
    path = tmp_path / "lab.ipynb"
    with path.open("wb") as file:
        file.truncate(21 * 1024**2)

    with pytest.raises(SubmissionFault) as caught:
        read_submission(path, (), destination=tmp_path)

    assert caught.value.code == "GR308"


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("conflict.ipynb", "GR301"),
        ("truncated.ipynb", "GR301"),
        ("utf16.ipynb", "GR301"),
        ("web-page.ipynb", "GR301"),
        ("format3.ipynb", "GR302"),
        ("no-parameters.ipynb", "GR303"),
        ("two-parameters.ipynb", "GR304"),
        ("changed-parameters.ipynb", "GR305"),
        ("executed.ipynb", "GR306"),
        ("julia.ipynb", "GR307"),
        ("empty.ipynb", "GR309"),
        ("invalid.ipynb", "GR311"),
        ("other-lab.ipynb", "GR318"),
    ],
)
def test_every_bad_file_is_refused_with_its_code(name, code, tmp_path):
    with pytest.raises(SubmissionFault) as caught:
        read_submission(ASSETS / name, LABS, destination=tmp_path)

    assert caught.value.code == code
    assert name in caught.value.message
    assert caught.value.hint
    assert caught.value.exit_code == 3
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["good.ipynb", "colab.ipynb"])
def test_every_good_file_is_accepted(name, tmp_path):
    submission = read_submission(ASSETS / name, LABS, destination=tmp_path)

    assert submission.lab_id == "2.5.4"
    assert json.loads((tmp_path / "submission.ipynb").read_text("utf-8"))["nbformat"] == 4
