"""The hostile suite can fail: with one defence switched off, here and not in the product, cases get through."""

import json
import os
import struct
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest

from grader.model.lab import Limits
from grader.sandbox import boxed, builders, watch
from grader.sandbox.base import Command
from grader.sandbox.bubblewrap import BubblewrapSandbox
from grader.sandbox.own_box import NamespaceSandbox
from grader.sandbox.slots import FIRST_UID
from tests.fakes.boxes import needs_boxes, needs_namespaces
from tests.hostile.box_cases import BY_ID
from tests.hostile.world import SECRET, judge, world

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


def without_becoming_another_user(monkeypatch):
    original = boxed.BoxVessel.__init__
    monkeypatch.setattr(
        boxed.BoxVessel, "__init__", lambda self, builder, command, _: original(self, builder, command, None)
    )


def with_the_environment_of_the_grader(monkeypatch):
    without_becoming_another_user(monkeypatch)  # root's own way would empty it once more
    original = subprocess.Popen
    environment = {"GRADER_TOKEN": SECRET, **os.environ}
    monkeypatch.setattr(boxed.subprocess, "Popen", lambda *argv, **how: original(*argv, **how | {"env": environment}))


def with_options_on_the_command_line(monkeypatch):
    def plan(self, command, sight, supervisor, kept, *, counted):
        rules = kept.memory_file(builders.build_filter(cgroup=counted))
        options = builders.bwrap_arguments(command, sight.sources, sight.places)
        return builders.Plan(
            ("/usr/bin/bwrap", *options, "--hostname", SECRET, "--seccomp", str(rules), "--", *supervisor)
        )

    monkeypatch.setattr(builders.Bubblewrap, "plan", plan)


def without_counting_memory(monkeypatch):
    monkeypatch.setattr(boxed, "make_group", lambda *_: None)
    monkeypatch.setattr(watch.Watchdog, "_memory", lambda *_: 0)


def without_looking(monkeypatch):
    monkeypatch.setattr(watch.Watchdog, "_usage_breach", lambda *_: None)


DEFENCES = [
    (without_filter, ("H15", "H32", "H33", "H34", "H35")),
    (without_read_only_roots, ("H21",)),
    (with_the_network, ("H12", "H14")),
    (without_private_files, ("H01", "H02", "H03", "H09")),
    (without_sizes, ("H20",)),
    (without_a_name_of_its_own, ("H08",)),
    (without_looking_at_inodes, ("H22",)),
    (with_the_environment_of_the_grader, ("H04",)),
    (with_options_on_the_command_line, ("H04",)),
    (without_counting_memory, ("H17",)),
    (without_looking, ("H25",)),
    *([(without_becoming_another_user, ("H34",))] if os.getuid() == 0 else []),
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


def shown_writable(monkeypatch):
    """Mount what is only to be read so that it can be written."""
    original = boxed.look_at

    def look_at(*arguments, **how):
        sight = original(*arguments, **how)
        return replace(sight, sources=tuple((path, True) for path, _ in sight.sources))

    monkeypatch.setattr(boxed, "look_at", look_at)


def locked_to(monkeypatch, *writable):
    """Have Landlock allow writing in other places than the product does."""
    original = builders.OwnNamespaces.plan

    def plan(self, command, sight, supervisor, kept, *, counted):
        inner = original(self, command, sight, supervisor, kept, counted=counted).inner | {"writable": writable}
        script = str(Path(builders.__file__).with_name("namespaces.py"))
        again = kept.memory_file(json.dumps(inner).encode())
        return builders.Plan((sys.executable, "-I", "-S", script, str(again)), inner)

    monkeypatch.setattr(builders.OwnNamespaces, "plan", plan)


def writes(folder):
    """Whether code in our own box can write into a folder that is only shown to it."""
    place, shown = folder / "box", folder / "shown"
    for path in (place, shown):
        path.mkdir(parents=True)
    argv = (sys.executable, "-I", "-c", f"open({str(shown / 'planted')!r}, 'w')")
    command = Command(argv, place, {}, Limits(wall_seconds=20), (place,), readable=(shown,))
    NamespaceSandbox().run(command)
    return (shown / "planted").exists()


@needs_namespaces
def test_what_our_own_box_only_shows_is_locked_twice(monkeypatch):
    # not below /tmp: all of the box's own /tmp may be written, and what is mounted there has one lock
    with tempfile.TemporaryDirectory(prefix="grader-teeth-", dir="/var/tmp") as name:
        place = Path(name)
        assert not writes(place / "as it is")
        with monkeypatch.context() as patch:
            shown_writable(patch)
            locked_to(patch, str(place / "landlock alone" / "box"))
            assert not writes(place / "landlock alone")
        with monkeypatch.context() as patch:
            locked_to(patch, "/")
            assert not writes(place / "mounts alone")
        shown_writable(monkeypatch)
        assert writes(place / "neither")
