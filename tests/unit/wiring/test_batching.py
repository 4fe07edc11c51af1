"""A worker has the settings of its batch."""

from dataclasses import replace

from grader.settings import read_settings
from grader.wiring.batching import as_environment, default_workers
from tests.fakes.small_course import small_course


def test_a_child_process_reads_the_same_settings(tmp_path):
    course = small_course(tmp_path / "course")
    settings = replace(read_settings(course, {}), allow_weak=True, sandbox="process", cache_gib=2.5, actor="prof")

    assert read_settings(tmp_path, as_environment(settings)) == settings
    based = replace(settings, hub_base=tmp_path, gradebook="postgresql://host/book")
    assert read_settings(tmp_path, as_environment(based)) == based


def test_there_is_at_least_one_worker():
    assert default_workers() >= 1
