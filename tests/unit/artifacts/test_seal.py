import os

import pytest

from grader.artifacts.seal import KEY_NAME, NAME, Seal, check_seal, read_key, seal_judgement, seal_run
from grader.errors import InternalFault
from grader.model.files import read_json, write_json
from tests.fakes.course import a_grade, a_lab

KEY = b"k" * 32


@pytest.fixture
def run(tmp_path):
    folder = tmp_path / "2.5.4-9f3c1a"
    (folder / "artifacts" / "model").mkdir(parents=True)
    for name in ("submission.json", "run.json", "artifacts/metrics.json", "artifacts/model/config.json"):
        (folder / name).write_text(f'{{"name": "{name}"}}')
    seal_run(folder, KEY)
    return folder


@pytest.fixture
def graded(run):
    write_json(run / "grade.json", a_grade(a_lab(run)))
    (run / "verdicts.json").write_text("{}")
    (run / "report.html").write_text("page")
    seal_judgement(run, KEY)
    return run


def test_a_run_that_nobody_touched_is_unchanged(graded):
    checked = check_seal(graded, KEY)

    assert (checked.changed, checked.unknown, checked.judged) == ((), "", True)


def test_a_run_that_is_not_graded_yet_says_so(run):
    checked = check_seal(run, KEY)

    assert (checked.changed, checked.judged) == ((), False)


@pytest.mark.parametrize("name", ["submission.json", "run.json", "artifacts/model/config.json"])
def test_an_edit_of_a_file_of_the_run_is_named(graded, name):
    (graded / name).write_text("other")

    assert check_seal(graded, KEY).run_changed == (name,)


@pytest.mark.parametrize("name", ["grade.json", "verdicts.json"])
def test_an_edit_of_the_judgement_is_named(graded, name):
    (graded / name).write_text("other")

    checked = check_seal(graded, KEY)

    assert checked.grade_changed == (name,)
    assert checked.run_changed == ()


def test_a_file_that_was_added_or_removed_is_named(graded):
    (graded / "artifacts" / "metrics.json").unlink()
    (graded / "artifacts" / "extra.json").write_text("{}")

    assert check_seal(graded, KEY).changed == ("artifacts/extra.json", "artifacts/metrics.json")


def test_a_link_in_place_of_a_file_is_a_change_and_a_pipe_blocks_nothing(graded, tmp_path):
    (tmp_path / "same.json").write_text((graded / "run.json").read_text())
    (graded / "run.json").unlink()
    (graded / "run.json").symlink_to(tmp_path / "same.json")
    os.mkfifo(graded / "pipe")

    assert check_seal(graded, KEY).changed == ("pipe", "run.json")


def test_hashes_that_were_edited_with_the_file_do_not_hold(graded):
    (graded / "run.json").write_text("other")
    seal = read_json(graded / NAME, Seal)
    text = (graded / NAME).read_text()
    other = graded.parent / "other"
    other.mkdir()
    (other / "run.json").write_text("other")
    seal_run(other, b"x" * 32)
    forged = read_json(other / NAME, Seal).run.files["run.json"]
    (graded / NAME).write_text(text.replace(seal.run.files["run.json"], forged))

    assert check_seal(graded, KEY).run_changed == (NAME,)


def test_a_judgement_of_another_run_does_not_hold(graded, tmp_path):
    other = tmp_path / "2.5.4-aaaaaa"
    other.mkdir()
    (other / "run.json").write_text("better")
    write_json(other / "grade.json", a_grade(a_lab(other)))
    (other / "verdicts.json").write_text("{}")
    seal_run(other, KEY)
    seal_judgement(other, KEY)
    mine, theirs = read_json(graded / NAME, Seal), read_json(other / NAME, Seal)
    write_json(graded / NAME, Seal(mine.key, mine.run, theirs.judgement))
    for name in ("grade.json", "verdicts.json"):
        (graded / name).write_bytes((other / name).read_bytes())

    assert check_seal(graded, KEY).grade_changed == (NAME,)


def test_a_grade_whose_seal_was_cut_out_is_a_change(graded):
    seal = read_json(graded / NAME, Seal)
    write_json(graded / NAME, Seal(seal.key, seal.run))

    assert check_seal(graded, KEY).grade_changed == ("verdicts.json", "grade.json")


def test_a_folder_under_another_name_does_not_hold(graded):
    renamed = graded.rename(graded.with_name("2.5.4-bbbbbb"))

    assert check_seal(renamed, KEY).changed == (NAME, NAME)


def test_pages_may_be_made_again(graded):
    (graded / "report.html").write_text("another page")

    assert check_seal(graded, KEY).changed == ()


def test_a_run_without_a_seal_or_with_that_of_another_key_proves_nothing(run):
    assert "another grader" in check_seal(run, b"z" * 32).unknown
    (run / NAME).unlink()
    assert "never sealed" in check_seal(run, KEY).unknown


def test_a_run_without_a_seal_or_with_that_of_another_key_gets_none_for_its_grade(run):
    write_json(run / "grade.json", a_grade(a_lab(run)))
    seal_judgement(run, b"z" * 32)
    assert read_json(run / NAME, Seal).judgement is None
    (run / NAME).unlink()
    seal_judgement(run, KEY)
    assert not (run / NAME).exists()


def test_the_key_is_made_once_and_only_its_user_may_read_it(tmp_path):
    key = read_key(tmp_path / "data")

    assert len(key) == 32
    assert read_key(tmp_path / "data") == key
    assert (tmp_path / "data" / KEY_NAME).stat().st_mode & 0o777 == 0o600
    assert [path.name for path in (tmp_path / "data").iterdir()] == [KEY_NAME]


def test_a_key_that_others_can_read_or_that_is_damaged_is_refused(tmp_path):
    read_key(tmp_path)
    (tmp_path / KEY_NAME).chmod(0o644)
    with pytest.raises(InternalFault, match="alone"):
        read_key(tmp_path)
    (tmp_path / KEY_NAME).chmod(0o600)
    (tmp_path / KEY_NAME).write_bytes(b"short")
    with pytest.raises(InternalFault, match="damaged"):
        read_key(tmp_path)


def test_a_key_that_cannot_be_made_is_our_fault(tmp_path):
    (tmp_path / "file").write_text("")

    with pytest.raises(InternalFault) as caught:
        read_key(tmp_path / "file")
    assert caught.value.code == "GR507"
