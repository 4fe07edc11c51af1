"""The hostile suite can fail: with one defence switched off, here and not in the product, cases get through."""

import os
import struct
from dataclasses import replace

import pytest

from grader.sandbox import boxed, builders
from grader.sandbox.bubblewrap import BubblewrapSandbox
from grader.sandbox.slots import FIRST_UID
from tests.fakes.boxes import needs_boxes
from tests.hostile.box_cases import BY_ID
from tests.hostile.world import judge, world

pytestmark = [
    needs_boxes,
    pytest.mark.xdist_group("hostile"),
]
ALLOW_EVERYTHING = struct.pack("=HBBI", 0x06, 0, 0, 0x7FFF0000)


def rewritten(monkeypatch, change):
    """Give bubblewrap other options than the product does."""
    original = builders.bwrap_arguments
    monkeypatch.setattr(builders, "bwrap_arguments", lambda *arguments: change(original(*arguments)))


def without_filter(monkeypatch):
    monkeypatch.setattr(builders, "build_filter", lambda **_: ALLOW_EVERYTHING)


def without_read_only_roots(monkeypatch):
    def change(options):
        first = options.index("--remount-ro")
        return options[:first]

    rewritten(monkeypatch, change)


def with_the_network(monkeypatch):
    rewritten(monkeypatch, lambda options: ["--unshare-all", "--share-net", *options[1:]])


def without_private_files(monkeypatch):
    def change(options):
        first = options.index("--remount-ro")
        return [*options[:first], "--bind", "/tmp", "/tmp", "--ro-bind", "/etc", "/etc", *options[first:]]

    rewritten(monkeypatch, change)


def without_sizes(monkeypatch):
    def change(options):
        return [
            word if before != "--size" else str(4 * 1024**3)
            for before, word in zip(["", *options[:-1]], options, strict=True)
        ]

    rewritten(monkeypatch, change)


def without_a_name_of_its_own(monkeypatch):
    def change(options):
        first = options.index("--hostname")
        return options[:first] + options[first + 2 :]

    rewritten(monkeypatch, change)


def without_looking_at_inodes(monkeypatch):
    monkeypatch.setattr(boxed, "MOST_ENTRIES", 10**9)


DEFENCES = [
    (without_filter, ("H15", "H32", "H33", "H34", "H35")),
    (without_read_only_roots, ("H21",)),
    (with_the_network, ("H12", "H14")),
    (without_private_files, ("H01", "H02", "H03", "H09")),
    (without_sizes, ("H20",)),
    (without_a_name_of_its_own, ("H08",)),
    (without_looking_at_inodes, ("H22",)),
]


@pytest.mark.parametrize(
    ("switch_off", "case_id"),
    [(defence, case_id) for defence, cases in DEFENCES for case_id in cases],
    ids=lambda value: value if isinstance(value, str) else value.__name__,
)
def test_without_its_defence_a_case_gets_through(switch_off, case_id, tmp_path, tmp_path_factory, monkeypatch):
    folder = tmp_path_factory.mktemp("machine")
    folder.parent.chmod(0o777)
    folder.chmod(0o777)
    with world(folder / "world", FIRST_UID if os.getuid() == 0 else None) as around:
        around.folder.chmod(0o777)
        switch_off(monkeypatch)

        case = replace(BY_ID[case_id], seconds=4.0)

        assert judge(case, BubblewrapSandbox(), around, tmp_path / "box") != []
