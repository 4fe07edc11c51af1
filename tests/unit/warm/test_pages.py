import mmap
from pathlib import Path

from grader.warm import pages
from grader.warm.pages import gather_pages

SIZE = 2 * 1024**2
MAPS = """\
55f0c0000000-55f0c0a00000 r--p 00000000 08:01 1234 /usr/bin/python3
7f0000100000-7f0000700000 rw-p 00000000 00:00 0
7f0001000000-7f0001200000 rw-p 00000000 00:00 0 [heap]
7f0002000000-7f0002400000 rw-s 00000000 00:00 0
7f0003000000-7f0003400000 rw-p 00000000 08:01 99 /tmp/a file with spaces
7ffd00000000-7ffd00400000 rw-p 00000000 00:00 0 [stack]
"""


def test_only_whole_huge_pages_of_private_memory_are_gathered():
    found = list(pages._places(MAPS, SIZE))

    assert found == [0x7F0000200000, 0x7F0000400000, 0x7F0001000000]


def test_what_was_written_stays_what_it_was():
    with mmap.mmap(-1, 4 * SIZE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as memory:
        memory[:] = bytes(range(256)) * (4 * SIZE // 256)
        gathered = gather_pages()

        assert memory[:] == bytes(range(256)) * (4 * SIZE // 256)
    assert gathered >= 0


def test_a_kernel_without_huge_pages_gathers_none(monkeypatch):
    monkeypatch.setattr(pages, "_SIZE_FILE", Path("/nonexistent"))

    assert gather_pages() == 0
