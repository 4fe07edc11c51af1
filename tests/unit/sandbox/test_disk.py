"""Counting what a run keeps on disk."""

from pathlib import Path

from grader.sandbox import disk
from grader.sandbox.disk import disk_use
from grader.sandbox.limits import MOST_LEVELS

HUGE = 1 << 60


def test_files_in_nested_folders_are_counted_once(tmp_path):
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "file").write_bytes(b"1" * 100_000)
    use = disk_use([tmp_path], HUGE)
    assert use.entries == 3
    assert 100_000 <= use.bytes < 200_000


def test_holes_are_free_and_links_are_not_followed(tmp_path):
    with (tmp_path / "sparse").open("wb") as file:
        file.truncate(1 << 30)
    (tmp_path / "link").symlink_to("/")
    use = disk_use([tmp_path], HUGE)
    assert use.entries == 2
    assert use.bytes < 1_000_000


def test_counting_stops_above_the_ceiling(tmp_path):
    for number in range(50):
        (tmp_path / str(number)).write_bytes(b"1" * 10_000)
    assert disk_use([tmp_path], 50_000).entries < 50


def test_counting_stops_at_too_many_entries(tmp_path, monkeypatch):
    monkeypatch.setattr(disk, "MOST_ENTRIES", 10)
    for number in range(50):
        (tmp_path / str(number)).touch()
    assert disk_use([tmp_path], HUGE).entries == 11


def test_folders_beyond_the_deepest_level_are_reported(tmp_path):
    path = tmp_path
    for _ in range(MOST_LEVELS + 2):
        path = path / "d"
    path.mkdir(parents=True)
    assert disk_use([tmp_path], HUGE).too_deep


def test_a_folder_that_went_away_counts_nothing(tmp_path):
    before = len(list(Path("/dev/fd").iterdir()))
    assert disk_use([tmp_path / "gone"], HUGE).entries == 0
    assert len(list(Path("/dev/fd").iterdir())) == before
