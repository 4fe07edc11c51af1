"""What the worker says, and how little of it is believed."""

import os

import pytest

from grader.running.events import Event, EventReader, EventWriter


@pytest.fixture
def path(tmp_path):
    return tmp_path / "events.jsonl"


def test_events_arrive_as_they_were_written_and_only_once(path):
    reader = EventReader(path)
    writer = EventWriter(path)
    first, second = Event("cell started", "a"), Event("cell ended", "a", seconds=1.5)
    writer.write(first)
    assert reader.read() == [first]
    writer.write(second)
    assert reader.read() == [second]
    assert reader.read() == []
    writer.close()
    reader.keep(path.with_name("kept"))
    assert len(path.with_name("kept").read_bytes().splitlines()) == 2


def test_half_a_line_waits_for_its_other_half(path):
    reader = EventReader(path)
    with path.open("ab", buffering=0) as file:
        file.write(b'{"kind":"fini')
        assert reader.read() == []
        file.write(b'shed"}\n')
        assert reader.read() == [Event("finished")]


@pytest.mark.parametrize(
    "line",
    [b"", b"nonsense", b"[]", b'{"kind":"paid"}', b'{"kind":"finished","seconds":"x"}', b"\xff\xfe", b"[" * 100_000],
)
def test_what_is_no_event_is_skipped(path, line):
    reader = EventReader(path)
    path.write_bytes(line + b'\n{"kind":"finished"}\n')
    assert reader.read() == [Event("finished")]


def test_a_line_that_is_too_long_is_skipped(path):
    reader = EventReader(path)
    path.write_bytes(b'{"kind":"broke","message":"' + b"x" * 200_000 + b'"}\n{"kind":"finished"}\n')
    assert reader.read() == [Event("finished")]


def test_a_flood_of_events_is_read_up_to_a_bound(path, monkeypatch):
    monkeypatch.setattr("grader.running.events._MOST_BYTES", 100)
    reader = EventReader(path)
    path.write_bytes(b'{"kind":"finished"}\n' * 50)
    assert len(reader.read()) == 5
    assert reader.read() == []
    reader.keep(path.with_name("kept"))
    assert path.with_name("kept").stat().st_size == 100


def test_removing_the_file_silences_nobody(path):
    reader = EventReader(path)
    writer = EventWriter(path)
    path.unlink()
    path.write_bytes(b'{"kind":"finished"}\n')
    writer.write(Event("broke"))
    assert reader.read() == [Event("broke")]
    writer.close()


def test_words_that_were_removed_were_spoken_all_the_same(path):
    reader = EventReader(path)
    assert not reader.spoken
    writer = EventWriter(path)
    assert not reader.spoken
    writer.write(Event("cell started", "c1"))
    os.truncate(path, 0)
    assert (reader.read(), reader.spoken) == ([], True)


def test_what_json_cannot_hold_is_left_out_of_its_event(path):
    reader = EventReader(path)
    writer = EventWriter(path)
    writer.write(Event("observed", values={"name": "\ud800"}))
    assert reader.read() == [Event("observed")]
    writer.close()
