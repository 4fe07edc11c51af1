"""The page of a class is made from the gradebook and from what lies in the run folders."""

import shutil
from dataclasses import replace

import pytest
import torch

from grader.errors import InternalFault, UsageFault
from grader.wiring import overviewing
from grader.wiring.overviewing import Overviewer
from tests.fakes.class_in_book import classroom_in, hand_in


@pytest.fixture
def classroom(tmp_path):
    with classroom_in(tmp_path) as opened:
        yield opened


def own_code(name):
    return "\n".join(
        f"def {name}_{n}(a, b):\n    return [a ** {n}, b if a > {n} else {n}, {{a: b}}]" for n in range(20)
    )


def test_copied_checkpoints_and_notebooks_are_pairs_and_pages_are_linked(classroom, monkeypatch):
    monkeypatch.setattr(Overviewer, "_base_weights", lambda _self, _lab: None)
    torch.manual_seed(1)
    weights = {"w": torch.randn(40, 40)}
    hand_in(classroom, "ada", own_code("f"), weights)
    hand_in(classroom, "bob", own_code("g"), weights)
    hand_in(classroom, "cy", "x = 1", {"w": torch.randn(40, 40)})

    made = Overviewer(classroom).make("2.5.4", 0.6, public=True)

    assert {(pair.first, pair.second, pair.kind) for pair in made.facts.pairs} == {
        ("ada", "bob", "notebook"),
        ("ada", "bob", "checkpoint"),
    }
    page = made.page.read_text("utf-8")
    assert 'href="2.5.4-ada/report.html"' in page
    assert made.public is not None
    assert "Ada" not in made.public.read_text("utf-8")
    assert len(list((classroom.settings.cache / "sketches").iterdir())) == 3
    assert Overviewer(classroom).make("2.5.4", 0.6, public=False).facts.pairs == made.facts.pairs


def test_a_run_folder_that_is_gone_leaves_the_rest(classroom):
    hand_in(classroom, "ada", own_code("f"))
    hand_in(classroom, "bob", own_code("g"))
    shutil.rmtree(classroom.settings.runs / "2.5.4-bob")

    facts = Overviewer(classroom).facts("2.5.4", 0.6)

    assert {entry.student: entry.page for entry in facts.entries} == {"ada": "2.5.4-ada/report.html", "bob": ""}
    assert facts.pairs == ()


def test_a_lab_that_nobody_handed_in_is_said_so(classroom):
    with pytest.raises(UsageFault, match="GR111"):
        Overviewer(classroom).facts("2.5.4", 0.6)


def test_the_base_is_the_first_model_of_the_lab(classroom, monkeypatch):
    lab = next(lab for lab in classroom.labs if lab.id == "2.5.4")
    folder = classroom.settings.root / "base"
    folder.mkdir()
    monkeypatch.setattr(overviewing.Workshop, "stages", property(lambda _self: Stages(folder)))

    assert Overviewer(classroom)._base_weights(lab) is None
    (folder / "model.safetensors").write_bytes(b"")
    assert Overviewer(classroom)._base_weights(lab) == folder / "model.safetensors"
    assert Overviewer(classroom)._base_weights(replace(lab, hub_models=())) is None


class Stages:
    def __init__(self, folder):
        self.folder = folder

    def snapshots(self, lab):
        return dict.fromkeys(lab.hub_models, self.folder)


def test_a_page_that_cannot_be_written_is_our_fault(classroom):
    hand_in(classroom, "ada", "x = 1")
    (classroom.settings.runs / "class-2.5.4.html.partial").mkdir()

    with pytest.raises(InternalFault, match="GR507"):
        Overviewer(classroom).make("2.5.4", 0.6, public=False)
