import os

import pytest

from grader.sandbox import cgroup
from grader.sandbox.cgroup import ControlGroup, make_group, sweep


@pytest.fixture
def hierarchy(tmp_path, monkeypatch):
    """A file system that looks like the kernel's; `own` is where this process is."""
    root = tmp_path / "cgroup"
    root.mkdir()
    own = tmp_path / "own"
    monkeypatch.setattr(cgroup, "_ROOT", root)
    monkeypatch.setattr(cgroup, "_OWN", own)
    monkeypatch.setattr(cgroup, "_REMOVE_SECONDS", 0.02)
    return root, own


def version_2(root, own, handed="memory pids"):
    own.write_text("0::/user/session\n")
    (root / "user" / "session").mkdir(parents=True)
    for folder, handed_down in ((root, "cpu"), (root / "user", handed), (root / "user" / "session", "")):
        (folder / "cgroup.subtree_control").write_text(handed_down)
        (folder / "cgroup.procs").write_text("")
    (root / "cgroup.controllers").write_text("memory pids")


def test_version_2_takes_the_nearest_group_that_hands_memory_and_processes_down(hierarchy):
    root, own = hierarchy
    version_2(root, own)

    group = make_group(1000, 20)

    assert group is not None
    (folder,) = group.folders
    assert folder.parent == root / "user"
    assert (folder / "memory.max").read_text() == "1000"
    assert (folder / "pids.max").read_text() == "20"
    assert (folder / "memory.oom.group").read_text() == "1"


def test_version_2_without_delegation_gives_none(hierarchy):
    root, own = hierarchy
    version_2(root, own, handed="cpu")

    assert make_group(1000, 20) is None


def test_version_1_takes_both_hierarchies(hierarchy):
    root, own = hierarchy
    own.write_text("3:memory:/\n2:cpu,pids:/jobs\n0::/\n")
    (root / "memory").mkdir()
    (root / "pids" / "jobs").mkdir(parents=True)

    group = make_group(1000, None)

    assert group is not None
    memory, pids = group.folders
    assert (memory / "memory.limit_in_bytes").read_text() == "1000"
    assert pids.parent == root / "pids" / "jobs"
    group.add([7])
    assert (pids / "cgroup.procs").read_text() == "7"


def test_version_1_leaves_no_half_of_a_group(hierarchy):
    root, own = hierarchy
    own.write_text("3:memory:/\n2:pids:/nowhere\n")
    (root / "memory").mkdir()

    assert make_group(1000, 20) is None
    assert list((root / "memory").iterdir()) == []


@pytest.mark.parametrize("version", [1, 2])
def test_a_group_whose_limits_cannot_be_set_is_not_left_behind(hierarchy, monkeypatch, version):
    root, own = hierarchy
    if version == 2:
        version_2(root, own)
    else:
        own.write_text("3:memory:/\n2:pids:/\n")
        (root / "memory").mkdir()
        (root / "pids").mkdir()

    def refuse(*_arguments, **_options):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(cgroup, "_write", refuse)

    assert make_group(1000, 20) is None
    assert not list(root.rglob("grader-box-*"))


def test_kills_are_counted_and_a_lost_file_is_no_kill(tmp_path):
    (tmp_path / "events").write_text("oom 3\noom_kill 2\n")

    assert ControlGroup((tmp_path,), tmp_path / "events").kills() == 2
    assert ControlGroup((tmp_path,), tmp_path / "lost").kills() == 0


def test_a_group_that_is_still_in_use_is_given_up_after_a_moment(hierarchy, tmp_path):
    busy, free = tmp_path / "busy", tmp_path / "free"
    (busy / "process").mkdir(parents=True)
    free.mkdir()

    ControlGroup((busy, free), tmp_path / "events").remove()

    assert busy.exists()
    assert not free.exists()


#: Above every number that the kernel gives to a process.
DEAD = 2**22 + 1


def test_groups_of_a_killed_grader_are_swept(hierarchy):
    root, _ = hierarchy
    (root / "memory" / "jobs" / f"grader-box-{DEAD}-a").mkdir(parents=True)
    (root / "unified" / f"grader-box-{DEAD}-b").mkdir(parents=True)
    (root / "pids" / f"grader-box-{DEAD}-c" / "in use").mkdir(parents=True)

    sweep()

    assert not (root / "memory" / "jobs" / f"grader-box-{DEAD}-a").exists()
    assert not (root / "unified" / f"grader-box-{DEAD}-b").exists()
    assert (root / "pids" / f"grader-box-{DEAD}-c").exists()


def test_an_empty_group_of_a_living_grader_is_left_alone(hierarchy):
    root, _ = hierarchy
    being_built = root / "memory" / f"grader-box-{os.getpid()}-a"
    being_built.mkdir(parents=True)

    sweep()

    assert being_built.exists()
