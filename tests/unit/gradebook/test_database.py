"""A gradebook opens where it can live, and says what is the matter elsewhere."""

import sys
from collections import namedtuple

import psutil
import pytest
import sqlalchemy as sa

from grader.errors import InternalFault, MachineFault, UsageFault
from grader.gradebook.database import file_system, open_database, reading, writing

Partition = namedtuple("Partition", "mountpoint fstype")


def code_of(kind, call, *arguments):
    with pytest.raises(kind) as caught:
        call(*arguments)
    return caught.value


def test_an_sqlite_file_is_made_with_its_folder_in_wal_mode(tmp_path):
    engine = open_database(str(tmp_path / "deep" / "book.db"))

    with reading(engine) as connection:
        assert connection.execute(sa.text("PRAGMA journal_mode")).scalar_one() == "wal"
        assert connection.execute(sa.text("PRAGMA foreign_keys")).scalar_one() == 1
    engine.dispose()


@pytest.mark.parametrize("place", ["mysql://me:secret@host/book", "postgresql://me:secret@host:port/book", "x://["])
def test_other_urls_are_refused_without_their_password(place):
    fault = code_of(UsageFault, open_database, place)

    assert fault.code == "GR108"
    assert "secret" not in fault.message


def test_a_network_file_system_is_refused(tmp_path, monkeypatch):
    parts = [Partition("/", "ext4"), Partition(str(tmp_path), "nfs4")]
    monkeypatch.setattr(psutil, "disk_partitions", lambda **_options: parts)

    assert file_system(tmp_path / "x") == "nfs4"
    assert "nfs4" in code_of(UsageFault, open_database, str(tmp_path / "book.db")).message


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").write_text("")

    assert code_of(UsageFault, open_database, str(tmp_path / "file" / "book.db")).code == "GR108"


def test_a_missing_driver_is_told_with_the_cure(monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)

    fault = code_of(MachineFault, open_database, "postgresql://host/book")
    assert (fault.code, "psycopg[binary]" in fault.hint) == ("GR606", True)


def test_a_failing_statement_is_our_fault_and_changes_nothing(tmp_path):
    engine = open_database(str(tmp_path / "book.db"))
    with writing(engine) as connection:
        connection.execute(sa.text("CREATE TABLE t (x INTEGER NOT NULL)"))

    def fail():
        with writing(engine) as connection:
            connection.execute(sa.text("INSERT INTO t VALUES (1)"))
            connection.execute(sa.text("INSERT INTO t VALUES (NULL)"))

    with pytest.raises(InternalFault) as caught:
        fail()
    assert caught.value.code == "GR513"
    with reading(engine) as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM t")).scalar_one() == 0
    engine.dispose()


def test_a_server_that_is_not_there_is_told(tmp_path):
    engine = open_database(f"postgresql://grader@/book?host={tmp_path}")

    with pytest.raises(InternalFault) as caught, reading(engine):
        pass
    assert caught.value.code == "GR513"
    engine.dispose()


def test_a_damaged_file_is_named_with_the_cure_that_heals_it(tmp_path):
    (tmp_path / "book.db").write_bytes(b"no database" * 1000)
    engine = open_database(str(tmp_path / "book.db"))

    with pytest.raises(InternalFault) as caught, reading(engine):
        pass
    assert str(tmp_path / "book.db") in caught.value.message
    assert "grader gradebook backup" in caught.value.hint


def test_a_file_that_cannot_be_opened_is_named_and_no_disk_is_suspected(tmp_path):
    (tmp_path / "book.db").mkdir()
    engine = open_database(str(tmp_path / "book.db"))

    with pytest.raises(InternalFault) as caught, reading(engine):
        pass
    assert str(tmp_path / "book.db") in caught.value.message
    assert "you may write" in caught.value.hint
