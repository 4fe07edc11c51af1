import os
from pathlib import Path

import pytest

from grader.errors import SubmissionFault, UsageFault
from grader.intake.source import plain_name, printable, read_source

LIMIT = 1000


def refusal(path, limit=LIMIT):
    with pytest.raises(SubmissionFault) as caught:
        read_source(path, limit)
    return caught.value


def test_a_plain_file_is_read_whole(tmp_path):
    path = tmp_path / "lab.ipynb"
    path.write_bytes(b"x" * LIMIT)

    assert read_source(path, LIMIT) == b"x" * LIMIT


def test_a_file_that_is_not_there_is_a_usage_fault(tmp_path):
    with pytest.raises(UsageFault) as caught:
        read_source(tmp_path / "nowhere.ipynb", LIMIT)

    assert caught.value.code == "GR102"


def test_a_name_that_no_file_can_have_is_refused_before_it_is_opened(tmp_path):
    assert refusal(tmp_path / "nul\0byte.ipynb").code == "GR310"


def test_a_folder_that_cannot_exist_is_a_usage_fault():
    with pytest.raises(UsageFault, match="cannot be used"):
        read_source(Path("bad\0folder") / "lab.ipynb", LIMIT)


def test_a_folder_is_refused(tmp_path):
    folder = tmp_path / "lab.ipynb"
    folder.mkdir()

    assert refusal(folder).code == "GR310"
    assert "folder" in refusal(folder).message


def test_a_link_is_refused_even_to_a_good_file(tmp_path):
    (tmp_path / "good.ipynb").write_text("{}")
    link = tmp_path / "lab.ipynb"
    link.symlink_to(tmp_path / "good.ipynb")

    assert refusal(link).code == "GR310"
    assert "link" in refusal(link).message


def test_a_pipe_is_refused_without_waiting_for_a_writer(tmp_path):
    pipe = tmp_path / "lab.ipynb"
    os.mkfifo(pipe)

    assert refusal(pipe).code == "GR310"


def test_a_large_file_is_refused_without_being_read(tmp_path):
    path = tmp_path / "lab.ipynb"
    with path.open("wb") as file:
        file.truncate(100 * 1024**2)  # sparse: reading it would take 100 MB of memory

    fault = refusal(path, 20 * 1024**2)

    assert fault.code == "GR308"
    assert fault.message == "lab.ipynb has 100.0 MiB; the limit is 20.0 MiB."


def test_a_file_that_grows_while_it_is_read_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "lab.ipynb"
    path.write_bytes(b"x" * (LIMIT + 1))
    real = os.fstat

    def before_it_grew(descriptor):
        status = real(descriptor)
        if status.st_size != LIMIT + 1:
            return status
        fields = list(status)
        fields[6] = LIMIT
        return os.stat_result(fields)

    with monkeypatch.context() as patched:
        patched.setattr(os, "fstat", before_it_grew)
        fault = refusal(path)

    assert fault.code == "GR308"


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("a\nb.ipynb", id="line break"),
        pytest.param("a\x1b[31m.ipynb", id="terminal escape"),
        pytest.param("a\u202eipynb.exe", id="reversed text"),
        pytest.param("a\udcff.ipynb", id="not Unicode"),
        pytest.param("ä" * 200, id="too long"),
    ],
)
def test_a_name_that_a_page_could_not_show_is_refused(tmp_path, name):
    with pytest.raises(SubmissionFault) as caught:
        plain_name(tmp_path / name)

    assert caught.value.code == "GR310"
    assert caught.value.message.isprintable()


def test_a_path_without_a_name_is_refused():
    with pytest.raises(SubmissionFault, match="no file name"):
        plain_name(Path("/"))


@pytest.mark.parametrize("name", ["lab (1).ipynb", "-rf.ipynb", "実験.ipynb", "مختبر.ipynb", "$(id).ipynb", ".ipynb"])
def test_an_unusual_but_showable_name_is_kept(tmp_path, name):
    assert plain_name(tmp_path / name) == name


def test_a_name_is_kept_in_composed_form(tmp_path):
    assert plain_name(tmp_path / "u\u0308bung.ipynb") == "übung.ipynb"


def test_printable_text_has_no_control_characters_and_ends():
    assert printable("a\tb\x1b") == "a\\tb\\x1b"
    assert printable("x" * 200, 10) == "x" * 9 + "…"
