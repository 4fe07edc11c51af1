"""The hostile programs against the strongest containment, and what is collected of what they leave."""

import os
from pathlib import Path

import pytest

from grader.artifacts.collect import collect
from grader.model.lab import Limits
from grader.sandbox import boxed
from grader.sandbox.bubblewrap import BubblewrapSandbox
from grader.sandbox.own_box import NamespaceSandbox
from grader.sandbox.slots import FIRST_UID
from tests.fakes.boxes import needs_boxes, needs_namespaces
from tests.fakes.warm import warm
from tests.hostile.box_cases import BY_ID, CASES
from tests.hostile.world import SECRET, attack, everything, judge, world

pytestmark = pytest.mark.xdist_group("hostile")
BOXES = [
    pytest.param(BubblewrapSandbox, id="bubblewrap", marks=needs_boxes),
    pytest.param(NamespaceSandbox, id="namespaces", marks=needs_namespaces),
    pytest.param(lambda: warm(BubblewrapSandbox()), id="bubblewrap-warm", marks=needs_boxes),
]


@pytest.fixture(scope="module")
def around(tmp_path_factory):
    folder = tmp_path_factory.mktemp("machine")
    folder.parent.chmod(0o755)
    os.environ["GRADER_TOKEN"] = SECRET
    with world(folder / "world", FIRST_UID if os.getuid() == 0 else None) as surroundings:
        yield surroundings
    del os.environ["GRADER_TOKEN"]


#: Where our own builder does what bubblewrap does otherwise; `make hostile` tries all of them on it as well.
BUILT = frozenset(
    "H01 H03 H04 H05 H06 H08 H09 H11 H12 H14 H18 H21 H30 H31 H32 H33 H34 H36".split()  # noqa: SIM905  easier to read
)
#: Where a fork has to give up by itself what a new program never gets.
FORKED = frozenset(
    "H03 H04 H05 H06 H08 H09 H11 H12 H14 H15 H16 H18 H27 H29 H30 H31 H32 H33 H34 H35 H36 H37".split()  # noqa: SIM905
)
SOME = {"namespaces": BUILT, "bubblewrap-warm": FORKED}
PAIRS = [
    pytest.param(box.values[0], case, id=f"{box.id}-{case.id} {case.what}", marks=box.marks)
    for box in BOXES
    for case in CASES
    if box.id not in SOME or case.id in SOME[box.id] or everything()
]


@pytest.mark.parametrize(("box", "case"), PAIRS)
def test_a_hostile_program_is_held(box, case, around, tmp_path, monkeypatch):
    monkeypatch.setattr(boxed, "MOST_ENTRIES", 5_000)

    assert judge(case, box(), around, tmp_path / "box") == []


def collected(case_id: str, around, tmp_path: Path):
    attack(BY_ID[case_id], BubblewrapSandbox(), around, tmp_path / "box")
    manifest = collect(tmp_path / "box" / "artifacts", tmp_path / "collected", Limits(artifact_files=100), "run")
    return manifest, {file.path for file in manifest.files}


@needs_boxes
def test_links_to_files_of_the_machine_are_not_followed_by_the_collector(around, tmp_path):
    manifest, taken = collected("H07", around, tmp_path)

    assert taken == set()
    assert {refusal.path for refusal in manifest.refused} >= {"link0", "link1", "link2", "link3", "model/inner"}


@needs_boxes
def test_files_that_steer_python_and_pytest_are_not_collected(around, tmp_path):
    manifest, taken = collected("H10", around, tmp_path)

    assert taken == set()
    assert len(manifest.refused) == 6


@needs_boxes
def test_many_and_deep_artifacts_are_cut_at_the_limits(around, tmp_path):
    manifest, taken = collected("H28", around, tmp_path)

    assert len(taken) <= 100
    assert {refusal.code for refusal in manifest.refused} == {"GR408"}


@needs_boxes
def test_pipes_sockets_and_locked_files_do_not_block_the_collector(around, tmp_path):
    _, taken = collected("H38", around, tmp_path)

    assert "fine.json" in taken
    assert taken <= {"fine.json", "locked"}


@needs_boxes
def test_odd_names_are_refused(around, tmp_path):
    manifest, taken = collected("H39", around, tmp_path)

    assert taken == set()
    assert all(refusal.path.isprintable() for refusal in manifest.refused)


@needs_boxes
def test_what_is_collected_does_not_change_any_more(around, tmp_path):
    manifest, taken = collected("H40", around, tmp_path)

    assert "value.json" in taken
    again = collect(tmp_path / "box" / "artifacts", tmp_path / "again", Limits(), "run")
    assert {file.sha256 for file in manifest.files} <= {file.sha256 for file in again.files}
