"""Archives that people hand in: what comes out, and what never does."""

import bz2
import gzip
import io
import os
import stat
import tarfile
import zipfile
from pathlib import Path

import pytest

from grader.errors import InternalFault, SubmissionFault, UsageFault
from grader.intake.archive import ArchiveLimits, is_archive, unpack

SMALL = ArchiveLimits(
    members=40, total_bytes=200_000, member_bytes=50_000, levels=4, nested_members=10, nested_bytes=20_000
)


def zip_of(path, members, **how):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content, **how)
    return path


def tar_of(path, members, mode="w"):
    with tarfile.open(path, mode) as archive:
        for member, content in members:
            info = member if isinstance(member, tarfile.TarInfo) else tarfile.TarInfo(member)
            info.size = len(content) if info.isreg() else info.size
            archive.addfile(info, io.BytesIO(content))
    return path


def special(name, kind, target=""):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def opened(archive, tmp_path, limits=SMALL):
    return unpack(archive, tmp_path / "out", limits)


def reasons(unpacked):
    return {refusal.path: refusal.reason for refusal in unpacked.refused}


def refused_whole(archive, tmp_path, limits=SMALL):
    with pytest.raises(SubmissionFault) as caught:
        unpack(archive, tmp_path / "out", limits)
    assert not (tmp_path / "out").exists()
    return caught.value.code


def test_plain_files_come_out_with_our_modes(tmp_path):
    members = [("Müller, Zoë_17_assignsubmission_file_/lab (1).ipynb", b"{}"), ("empty/", b""), ("./notes.txt", b"hi")]
    done = opened(zip_of(tmp_path / "class.zip", members), tmp_path)
    assert done.files == ("Müller, Zoë_17_assignsubmission_file_/lab (1).ipynb", "notes.txt")
    assert (done.refused, done.total_bytes) == ((), 4)
    written = tmp_path / "out" / done.files[0]
    assert written.read_bytes() == b"{}"
    assert stat.S_IMODE(written.stat().st_mode) == 0o600


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2"])
def test_tars_are_told_by_what_they_hold(tmp_path, mode):
    done = opened(tar_of(tmp_path / "odd.name", [("a/lab.ipynb", b"{}"), ("b", b"xyz")], mode), tmp_path)
    assert done.files == ("a/lab.ipynb", "b")
    assert (tmp_path / "out" / "b").read_bytes() == b"xyz"


def test_what_file_managers_leave_is_passed_over(tmp_path):
    litter = ["__MACOSX/._lab.ipynb", "a/.DS_Store", "Thumbs.db"]
    done = opened(zip_of(tmp_path / "a.zip", [(name, b"x") for name in litter]), tmp_path)
    assert (done.files, done.refused) == ((), ())


TRAVERSALS = {
    "../out.txt": "leads out",
    "a/../../out.txt": "leads out",
    "..\\out.txt": "leads out",
    "/etc/passwd": "absolute",
    "\\\\host\\share": "absolute",
    "C:\\windows\\x": "absolute",
    "c:x": "absolute",
    "a//b": "empty part",
    "a\nb": "cannot be kept",
    "a\x1b[2Jb": "cannot be kept",
    "\u202egpj.exe": "cannot be kept",
    "n" * 300: "cannot be kept",
    "/".join("abcde"): "folders deep",
}


@pytest.mark.parametrize("kind", ["zip", "tar"])
@pytest.mark.parametrize("name", TRAVERSALS)
def test_names_that_leave_the_folder_or_lie_are_refused(tmp_path, name, kind):
    make = zip_of if kind == "zip" else tar_of
    done = opened(make(tmp_path / "a.bin", [(name, b"x"), ("good", b"y")]), tmp_path)
    assert done.files == ("good",)
    assert TRAVERSALS[name] in done.refused[0].reason
    assert done.refused[0].path.isprintable()
    assert {path.name for path in tmp_path.iterdir()} == {"a.bin", "out"}


def test_a_path_longer_than_systems_keep_is_refused(tmp_path):
    name = "/".join("n" * 250 for _ in range(5))
    done = opened(zip_of(tmp_path / "a.zip", [(name, b"x")]), tmp_path, ArchiveLimits())
    assert "too long" in done.refused[0].reason


def test_a_name_with_a_zero_byte_is_refused(tmp_path):
    archive = zip_of(tmp_path / "a.zip", [("lab.ipynbXexe", b"x")])
    archive.write_bytes(archive.read_bytes().replace(b"lab.ipynbXexe", b"lab.ipynb\0exe"))
    assert opened(archive, tmp_path).files == ()


def test_links_devices_and_sparse_files_in_a_tar_are_refused(tmp_path):
    sparse = tarfile.TarInfo("sparse")
    sparse.pax_headers = {"GNU.sparse.map": "0,1", "GNU.sparse.size": str(1 << 43), "GNU.sparse.name": "sparse"}
    members = [
        (special("link", tarfile.SYMTYPE, "/etc"), b""),
        ("link/passwd", b"through the link"),
        (special("hard", tarfile.LNKTYPE, "/etc/passwd"), b""),
        (special("pipe", tarfile.FIFOTYPE), b""),
        (special("disk", tarfile.BLKTYPE), b""),
        (sparse, b"x"),
    ]
    done = opened(tar_of(tmp_path / "a.tar", members), tmp_path)
    assert done.files == ("link/passwd",)
    assert (tmp_path / "out" / "link").is_dir()
    assert not (tmp_path / "out" / "link").is_symlink()
    assert set(reasons(done)) == {"link", "hard", "pipe", "disk", "sparse"}


def test_links_in_a_zip_are_refused(tmp_path):
    link = zipfile.ZipInfo("link")
    link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    done = opened(zip_of(tmp_path / "a.zip", [(link, b"/etc/passwd")]), tmp_path)
    assert reasons(done) == {"link": "is a link or a device"}


def test_two_members_of_one_name_are_one_file_and_a_refusal(tmp_path):
    tar = [("a", b"first"), ("a", b"second"), ("A", b"x"), ("a/b", b"x"), ("c/d", b"x"), ("c", b"x")]
    tar += [("caf\u00e9", b"1"), ("cafe\u0301", b"2")]
    done = opened(tar_of(tmp_path / "a.tar", tar), tmp_path)
    assert done.files == ("a", "c/d", "caf\u00e9")
    assert (tmp_path / "out" / "a").read_bytes() == b"first"
    assert set(reasons(done)) == {"a", "A", "a/b", "c", "cafe\u0301"}


def test_encrypted_and_rarely_packed_members_are_refused(tmp_path):
    archive = tmp_path / "a.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("plain", b"x")
        file.writestr("rare", b"x", zipfile.ZIP_LZMA)
        file.writestr("secret", b"x")
    content = bytearray(archive.read_bytes())
    entry = content.rindex(b"PK\x01\x02")
    content[entry + 8] |= 1
    archive.write_bytes(content)
    done = opened(archive, tmp_path)
    assert done.files == ("plain",)
    assert "rare way" in reasons(done)["rare"]
    assert reasons(done)["secret"] == "is encrypted"


def test_one_damaged_member_does_not_sink_the_others(tmp_path):
    archive = tmp_path / "a.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("bad", b"checksum of this")
        file.writestr("good", b"y")
    archive.write_bytes(archive.read_bytes().replace(b"checksum of this", b"checksum of that"))
    done = opened(archive, tmp_path)
    assert done.files == ("good",)
    assert reasons(done) == {"bad": "is damaged"}
    assert not (tmp_path / "out" / "bad").exists()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no archive",
        b"PK\x03\x04",
        b"PK\x03\x04" + b"x" * 600,
        gzip.compress(b"just text", mtime=0),
        gzip.compress(b"x" * 2000, mtime=0)[:-20],
        bz2.compress(b"x" * 600),
        b"\x1f\x8bnothing",
        b"BZhnothing",
    ],
)
def test_what_is_no_archive_is_refused(tmp_path, content):
    (tmp_path / "a.zip").write_bytes(content)
    assert refused_whole(tmp_path / "a.zip", tmp_path) == "GR323"


def test_a_tar_that_was_cut_is_refused(tmp_path):
    archive = tar_of(tmp_path / "a.tar", [("a", b"x" * 5000), ("b", b"y" * 5000)])
    archive.write_bytes(archive.read_bytes()[:3000])
    assert refused_whole(archive, tmp_path) == "GR323"


def test_a_link_a_folder_and_a_pipe_are_no_archives(tmp_path):
    zip_of(tmp_path / "a.zip", [])
    (tmp_path / "link").symlink_to("a.zip")
    os.mkfifo(tmp_path / "pipe")
    for name in ("link", "pipe", "."):
        (tmp_path / "folder").mkdir(exist_ok=True)
        path = tmp_path / ("folder" if name == "." else name)
        assert refused_whole(path, tmp_path) == "GR310"
    with pytest.raises(UsageFault):
        unpack(tmp_path / "missing.zip", tmp_path / "out")


def test_an_existing_folder_is_not_written_into(tmp_path):
    with pytest.raises(InternalFault):
        unpack(zip_of(tmp_path / "a.zip", []), tmp_path)


def test_an_archive_above_its_size_is_not_opened(tmp_path):
    archive = zip_of(tmp_path / "a.zip", [("a", os.urandom(5000))])
    assert refused_whole(archive, tmp_path, ArchiveLimits(archive_bytes=4000)) == "GR324"


@pytest.mark.parametrize("make", [zip_of, tar_of])
def test_too_many_members_are_refused_as_a_whole(tmp_path, make):
    assert refused_whole(make(tmp_path / "a", [(f"{n}", b"") for n in range(41)]), tmp_path) == "GR324"


@pytest.mark.parametrize("mode", ["zip", "w", "w:gz"])
def test_too_many_bytes_are_refused_as_a_whole(tmp_path, mode):
    members = [(f"{n}", b"\0" * 45_000) for n in range(6)]
    archive = zip_of(tmp_path / "a", members) if mode == "zip" else tar_of(tmp_path / "a", members, mode)
    assert refused_whole(archive, tmp_path) == "GR324"


@pytest.mark.parametrize("make", [zip_of, tar_of])
def test_a_member_above_its_size_is_refused_alone(tmp_path, make):
    done = opened(make(tmp_path / "a", [("big", b"\0" * 60_000), ("good", b"y")]), tmp_path)
    assert done.files == ("good",)
    assert "50,000 bytes" in reasons(done)["big"]


def test_a_member_that_lies_about_its_size_is_still_cut(tmp_path):
    archive = zip_of(tmp_path / "a.zip", [("lies", b"\0" * 90_000), ("good", b"y")])
    content = archive.read_bytes()
    archive.write_bytes(content.replace((90_000).to_bytes(4, "little"), (10).to_bytes(4, "little")))
    done = opened(archive, tmp_path)
    assert done.files == ("good",)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["good"]


def test_a_bomb_is_refused_by_its_ratio(tmp_path):
    limits = ArchiveLimits(ratio=50)
    members = [(f"{n}", b"\0" * 9_000_000) for n in range(2)]
    assert refused_whole(zip_of(tmp_path / "a.zip", members), tmp_path, limits) == "GR324"
    assert refused_whole(tar_of(tmp_path / "a.tgz", members, "w:gz"), tmp_path, limits) == "GR324"
    single = opened(zip_of(tmp_path / "b.zip", [("bomb", b"\0" * 18_000_000), ("good", b"y")]), tmp_path, limits)
    assert single.files == ("good",)
    assert "50 times" in reasons(single)["bomb"]


def test_members_that_overlap_are_counted_each_time(tmp_path):
    archive = zip_of(tmp_path / "a.zip", [("a" * 8, b"\0" * 45_000)])
    content = archive.read_bytes()
    start = content.index(b"PK\x01\x02")
    end = content.index(b"PK\x05\x06")
    directory, tail = content[start:end] * 30, bytearray(content[end:])
    tail[8:12] = (30).to_bytes(2, "little") * 2
    tail[12:16] = len(directory).to_bytes(4, "little")
    archive.write_bytes(content[:start] + directory + tail)
    done = opened(archive, tmp_path)
    assert len(done.files) == 1
    assert done.total_bytes <= 45_000


def test_a_huge_directory_is_not_read(tmp_path):
    assert refused_whole(zip_of(tmp_path / "a", [(f"{n}", b"") for n in range(6000)]), tmp_path) == "GR323"


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.XGLTYPE])
@pytest.mark.parametrize("size", [3 * 1024**2, 1 << 40])
def test_a_tar_header_of_any_size_is_not_read(tmp_path, kind, size):
    header = special("header", kind)
    header.size = size
    content = header.tobuf() + b"\0" * min(size, 4 * 1024**2)
    (tmp_path / "a.tgz").write_bytes(gzip.compress(content))
    assert refused_whole(tmp_path / "a.tgz", tmp_path) == "GR323"


def test_a_negative_size_ends_the_reading(tmp_path):
    header = bytearray(tarfile.TarInfo("a").tobuf())
    header[124:136] = b"\xff" * 11 + b"\x00"
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    (tmp_path / "a.tar").write_bytes(header + b"\0" * 2048)
    assert refused_whole(tmp_path / "a.tar", tmp_path) == "GR323"


def inner_zip(members):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return packed.getvalue()


def test_an_archive_within_is_unpacked_into_a_folder_of_its_name(tmp_path):
    inner = inner_zip([("lab.ipynb", b"{}"), ("../x", b"x")])
    done = opened(zip_of(tmp_path / "class.zip", [("alice/work.ZIP", inner), ("bob.ipynb", b"{}")]), tmp_path)
    assert done.files == ("alice/work.ZIP/lab.ipynb", "bob.ipynb")
    assert set(reasons(done)) == {"alice/work.ZIP/../x"}
    assert sorted(path.name for path in (tmp_path / "out").rglob("*")) == [
        "alice",
        "bob.ipynb",
        "lab.ipynb",
        "work.ZIP",
    ]


def test_archives_within_archives_within_archives_are_refused(tmp_path):
    deep = inner_zip([("c.zip", inner_zip([("x", b"x")])), ("good", b"y")])
    done = opened(zip_of(tmp_path / "a.zip", [("b.zip", deep)]), tmp_path)
    assert done.files == ("b.zip/good",)
    assert "too many archives" in reasons(done)["b.zip/c.zip"]


@pytest.mark.parametrize(
    ("inner", "code"),
    [
        (b"no archive", "GR323"),
        (inner_zip([("a", b"\0" * 25_000)]), "GR324"),
        (inner_zip([(f"{n}", b"") for n in range(11)]), "GR324"),
    ],
)
def test_a_bad_archive_within_costs_nobody_else(tmp_path, inner, code):
    done = opened(zip_of(tmp_path / "a.zip", [("bad.zip", inner), ("good", b"y")]), tmp_path)
    assert done.files == ("good",)
    assert [(refusal.path, refusal.code) for refusal in done.refused] == [("bad.zip", code)]
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["good"]


def test_a_flood_of_refusals_is_kept_short(tmp_path):
    members = [(f"../{n}", b"") for n in range(300)]
    done = opened(zip_of(tmp_path / "a.zip", members), tmp_path, ArchiveLimits())
    assert len(done.refused) == 200


def test_a_full_disk_is_our_fault(tmp_path, monkeypatch):
    archive = zip_of(tmp_path / "a.zip", [("a", b"x")])
    monkeypatch.setattr(Path, "mkdir", lambda *_, **__: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(InternalFault) as caught:
        unpack(archive, tmp_path / "out")
    assert caught.value.code == "GR507"


def test_archives_are_known_by_their_names():
    assert is_archive("Alice.ZIP")
    assert is_archive("a.tar.gz")
    assert not is_archive("model.safetensors")
    assert not is_archive("a.docx")
