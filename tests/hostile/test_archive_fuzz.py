"""Whatever bytes are handed in as an archive: plain files in one folder, or a refusal with a code."""

import io
import tarfile
import tempfile
import warnings
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.errors import SubmissionFault
from grader.intake.archive import ArchiveLimits, unpack

LIMITS = ArchiveLimits(members=20, total_bytes=100_000, member_bytes=50_000, levels=4, nested_bytes=20_000)
names = st.text(st.characters(codec="utf-8"), max_size=12) | st.sampled_from(
    ["..", "a/b", "/a", "a", "A", ".", "", "a/../b", "x.zip", "con", "-rf"]
)
kinds = st.sampled_from(
    [tarfile.REGTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.CHRTYPE, b"L", b"x"]
)


LARGE = b"large"


def content_of(text):
    """Large contents are made late: a strategy that shows them is slow."""
    return b"\0" * 60_000 if text == LARGE else text


def packed_zip(members):
    packed = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        warnings.filterwarnings("ignore", "Duplicate name")
        for name, _, content in members:
            archive.writestr(zipfile.ZipInfo(name or "x"), content_of(content))
    return packed.getvalue()


def packed_tar(members, mode):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode=mode, format=tarfile.GNU_FORMAT, errors="replace") as archive:
        for name, kind, content in members:
            info = tarfile.TarInfo(name)
            info.type, info.linkname, info.size = kind, "../../etc/passwd", len(content_of(content))
            archive.addfile(info, io.BytesIO(content_of(content)))
    return packed.getvalue()


members = st.lists(st.tuples(names, kinds, st.binary(max_size=40) | st.just(LARGE)), max_size=6)
archives = (
    members.map(packed_zip)
    | members.map(lambda some: packed_tar(some, "w"))
    | members.map(lambda some: packed_tar(some, "w:gz"))
)
edits = st.lists(st.tuples(st.integers(0, 1 << 16), st.binary(min_size=1, max_size=4)), max_size=6)


def judge(content):
    """Unpack or refuse; look from outside at what is there afterwards."""
    with tempfile.TemporaryDirectory() as name:
        top = Path(name)
        (top / "handed.in").write_bytes(content)
        done = fault = None
        try:
            done = unpack(top / "handed.in", top / "out", LIMITS)
        except SubmissionFault as refused:
            fault = refused
        found = [path for path in (top / "out").rglob("*") if not path.is_dir()]
        assert {path.name for path in top.iterdir()} <= {"handed.in", "out"}
        assert all(path.is_file() and not path.is_symlink() for path in found)
        assert sum(path.stat().st_size for path in found) <= LIMITS.total_bytes
        if done is None:
            assert fault.code in {"GR323", "GR324"}
            assert fault.message.isprintable()
            assert not (top / "out").exists()
        else:
            assert {path.relative_to(top / "out").as_posix() for path in found} == set(done.files)
            assert all(refusal.path.isprintable() for refusal in done.refused)


@settings(max_examples=60, deadline=None)
@given(members)
def test_members_of_any_name_and_kind_stay_in_the_folder(some):
    judge(packed_zip(some))
    judge(packed_tar(some, "w"))


@settings(max_examples=120, deadline=None)
@given(archives, edits)
def test_bent_archives_are_unpacked_or_refused(content, changes):
    bent = bytearray(content)
    for place, new in changes:
        at = place % max(1, len(bent))
        bent[at : at + len(new)] = new
    judge(bytes(bent))


@pytest.mark.parametrize("start", [b"", b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b\x08", b"BZh9"])
@settings(max_examples=15, deadline=None)
@given(rest=st.binary(max_size=600))
def test_any_bytes_are_refused_or_unpacked(start, rest):
    judge(start + rest)
