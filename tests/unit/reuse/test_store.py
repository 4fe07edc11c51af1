import fcntl
import os
import signal
import subprocess
import sys

import pytest

from grader.reuse import Store

FILES = {"run.json": "{}", "artifacts/model/weights": "w" * 1000}


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "2.5.4-abcdef"
    write(folder, FILES)
    return folder


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "store", 10_000, prune_seconds=0.0)


def write(folder, files):
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def objects(store):
    return sorted(path for path in (store._folder / "objects").rglob("*") if path.is_file())


def test_what_was_kept_is_found_and_matches_its_folder(store, folder):
    store.keep("run", "k", folder, FILES)

    entry = store.find("run", "k")

    assert (entry.name, set(entry.files), entry.size_bytes) == (folder.name, set(FILES), 1002)
    assert store.matches(entry, folder)
    assert store.find("judgement", "k") is None


def test_an_edited_or_removed_file_is_no_match_unless_it_may_have_changed(store, folder):
    store.keep("run", "k", folder, FILES)
    entry = store.find("run", "k")
    (folder / "run.json").unlink()

    assert not store.matches(entry, folder)
    assert store.matches(entry, folder, besides=("run.json",))


def test_a_folder_that_was_removed_comes_back_byte_for_byte(store, folder, tmp_path):
    store.keep("run", "k", folder, FILES)
    back = tmp_path / "back"
    back.mkdir()

    assert store.restore(store.find("run", "k"), back)
    assert {name: (back / name).read_text() for name in FILES} == FILES


def test_a_file_that_two_runs_share_is_kept_once(store, folder, tmp_path):
    other = tmp_path / "2.5.4-other"
    write(other, FILES | {"run.json": "[]"})
    store.keep("run", "k", folder, FILES)
    store.keep("run", "l", other, FILES)

    assert len(objects(store)) == 3


def test_a_damaged_file_is_found_removed_and_taken_in_again(store, folder, tmp_path):
    store.keep("run", "k", folder, FILES)
    for path in objects(store):
        path.unlink()
        path.write_text("damaged")

    assert not store.restore(store.find("run", "k"), tmp_path)

    store.keep("run", "k", folder, FILES)
    while not store.restore(store.find("run", "k"), tmp_path):
        store.keep("run", "k", folder, FILES)
    assert (tmp_path / "run.json").read_text() == "{}"


@pytest.mark.parametrize("damage", [b"", b"junk", b"0" * 64 + b"\n{}"])
def test_a_damaged_list_is_no_list_and_goes(store, folder, damage):
    store.keep("run", "k", folder, FILES)
    (path,) = store._folder.glob("run/*.json")
    path.write_bytes(damage)

    assert store.find("run", "k") is None
    assert not path.exists()


def test_links_and_missing_files_are_not_taken_in(store, folder):
    (folder / "link").symlink_to("/etc/passwd")
    store.keep("run", "k", folder, ["run.json", "link"])
    store.keep("run", "l", folder, ["run.json", "gone"])

    assert set(store.find("run", "k").files) == {"run.json"}
    assert store.find("run", "l") is None


def test_the_work_that_was_used_longest_ago_goes_first(store, tmp_path):
    for number in range(12):
        folder = tmp_path / f"run-{number}"
        write(folder, {"big": str(number) * 1000})
        store.keep("run", str(number), folder, ["big"])
        os.utime(store._folder / "run" / f"{number}.json", (number, number))
        if number == 8:
            assert store.find("run", "0") is not None  # used now
    store.keep("run", "last", folder, ["big"])

    kept = {path.stem for path in store._folder.glob("run/*.json")}
    assert {"0", "11", "last"} <= kept
    assert "1" not in kept
    assert sum(path.stat().st_size for path in objects(store)) <= 10_000


def test_leftovers_of_killed_processes_go_and_a_second_look_waits(folder, tmp_path):
    store = Store(tmp_path / "store", 10_000, prune_seconds=1000.0)
    store.keep("run", "k", folder, FILES)
    leftover = store._folder / "run" / "x.partial"
    leftover.write_text("half")
    store.keep("run", "l", folder, FILES)
    assert leftover.exists()

    Store(tmp_path / "store", 10_000, prune_seconds=0.0).keep("run", "m", folder, FILES)

    assert not leftover.exists()
    assert store.restore(store.find("run", "k"), tmp_path)


def test_while_another_process_tidies_up_nobody_waits(store, folder):
    store.keep("run", "k", folder, FILES)
    with (store._folder / "prune.lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        store.keep("run", "l", folder, FILES)

    assert store.find("run", "l") is not None


def test_where_no_links_can_be_made_files_are_copied(store, folder, tmp_path, monkeypatch):
    def refuse(*_args, **_options):
        raise OSError(1, "not permitted")

    monkeypatch.setattr(os, "link", refuse)
    store.keep("run", "k", folder, FILES)
    back = tmp_path / "back"
    back.mkdir()

    assert store.restore(store.find("run", "k"), back)


def test_a_place_that_cannot_be_written_costs_nothing_but_time(folder, tmp_path):
    (tmp_path / "file").write_text("")
    store = Store(tmp_path / "file" / "store", 10_000)

    store.keep("run", "k", folder, FILES)

    assert store.find("run", "k") is None


def test_what_cannot_be_brought_back_is_said(store, folder, tmp_path):
    store.keep("run", "k", folder, ["run.json"])
    (tmp_path / "run.json").mkdir()

    assert not store.restore(store.find("run", "k"), tmp_path)


def test_processes_that_keep_and_are_killed_leave_nothing_half(tmp_path):
    code = f"""
import sys
from pathlib import Path
from grader.reuse import Store
store = Store(Path({str(tmp_path / "store")!r}), 40_000, prune_seconds=0.0)
for number in range(100000):
    folder = Path({str(tmp_path)!r}, "runs", sys.argv[1], str(number % 50))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "a").unlink(missing_ok=True)
    (folder / "a").write_text(f"{{number}}" * 500)
    store.keep("run", f"{{sys.argv[1]}}-{{number % 50}}", folder, ["a"])
    print(number, flush=True)
"""
    keepers = [subprocess.Popen([sys.executable, "-c", code, str(n)], stdout=subprocess.PIPE) for n in range(2)]
    for keeper in keepers:
        for _ in range(15):
            keeper.stdout.readline()
        keeper.send_signal(signal.SIGKILL)
        keeper.communicate()
    store = Store(tmp_path / "store", 40_000)
    back = tmp_path / "back"
    back.mkdir()
    entries = [store.find("run", path.stem) for path in (tmp_path / "store" / "run").glob("*.json")]

    assert entries
    assert None not in entries
    assert any(store.restore(entry, back) for entry in entries)
